"""The retry screen.

Modules:

    flows   send again: plan, ask, apply, report
    open    open the retry screen
    screen  choose what to retry
"""
