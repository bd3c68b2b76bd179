"""What results look like together.

Modules:

    bars    what results look like together, as lines of bars
    screen  the screen of these bars
"""
