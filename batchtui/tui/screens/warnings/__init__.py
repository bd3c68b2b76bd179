"""The screen of warnings.

Modules:

    groups  one row a kind, with what to do
    screen  the list of warnings
"""
