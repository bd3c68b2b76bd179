"""The export screen.

Modules:

    open     open the export screen
    options  what a person asks of an export
    screen   choose what, how and where, and write
"""
