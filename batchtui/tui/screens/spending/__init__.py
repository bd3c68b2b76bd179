"""The spending screen.

Modules:

    chart   amounts by day
    screen  what was spent
"""
