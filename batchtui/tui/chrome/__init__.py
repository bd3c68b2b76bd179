"""What frames every full screen: top line, path, footer, the way back.

Modules:

    base_screen  what every full screen has
    footer       the line of commands at the bottom
    list_screen  a full screen with one list and a detail widget
    path_rule    where one is, and at which row
    status_bar   the line at the top
"""
