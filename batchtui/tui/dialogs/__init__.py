"""Boxes over a screen: questions, pickers, messages.

Modules:

    command_palette  find a command by its name
    confirm          ask before anything that cannot be undone
    dialog           what every box has: a frame, the latest message, its keys
    file_picker      choose a file
    help             the keys that work here
    message_box      a box with text
    name_picker      choose one of several names
    picker           choose from a list by typing
    text_prompt      ask for one line
"""
