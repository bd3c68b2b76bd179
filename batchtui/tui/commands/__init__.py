"""Every command of the dashboard and its key, in one table.

Modules:

    command_hints  say with keys what a hint says with commands of the command line
    key_text       sentences that name keys
    keymap         the user's own keys
    table          every command: id, key, name, scope
"""
