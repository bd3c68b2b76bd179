"""The retry screen, and the questions that continue conversations.

Modules:

    conversations  continue conversations: tools, plan, question, apply, report
    flows          send again: plan, ask, apply, report
    form           what is changed in all requests, and the button that sends them
    open           open the retry screen
    screen         choose what to retry
"""
