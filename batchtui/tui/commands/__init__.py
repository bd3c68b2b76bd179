"""Every command of the dashboard and its key, in one table.

Modules:

    key_text  sentences that name keys
    keymap    the user's own keys
    table     every command: id, key, name, scope
"""
