"""The settings screen.

Modules:

    screen  every setting with its meaning
"""
