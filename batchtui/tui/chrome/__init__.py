"""What frames every full screen: status line, footer, the way back.

Modules:

    base_screen  what every full screen has
    footer       the line of commands at the bottom
    list_screen  a full screen with one list and a detail widget
    status_bar   the line at the top
"""
