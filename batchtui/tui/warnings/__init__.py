"""The screen of warnings.

Modules:

    screen  the warnings, each with what to do
"""
