"""`batchtui keys`: the dashboard's commands, their ids and their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.cli.command import define_command
from batchtui.text.layout.tables import TextColumn

if TYPE_CHECKING:
    from batchtui.cli.session import Session

_COLUMNS = (TextColumn("KEYS", worth=100), TextColumn("COMMAND", worth=90), TextColumn("WHAT", worth=95, least=20))


@define_command("keys", examples=["batchtui keys", "batchtui keys --json"])
def command(session: Session) -> None:
    """List the dashboard's commands with their ids and keys; [keys] in the settings changes keys."""
    from batchtui.settings.loading import load_settings
    from batchtui.tui.commands.keymap import merge_keymap
    from batchtui.tui.commands.table import COMMANDS, Scope, of_scope

    # The keys as they are here, not as they are delivered: the settings may have changed them.
    keymap = merge_keymap(load_settings(session.paths.config_file).keys)
    if session.json:
        session.out.document(
            [
                {
                    "id": command.id,
                    "keys": list(keymap[command.id]),
                    "title": command.title,
                    "help": command.help,
                    "scope": str(command.scope),
                    "danger": command.is_danger,
                }
                for command in COMMANDS
            ]
        )
        return
    for number, scope in enumerate(Scope):
        session.out.line(("\n" if number else "") + f"{scope}:")
        session.out.table(_COLUMNS, [(", ".join(keymap[entry.id]), entry.id, entry.help) for entry in of_scope(scope)])
    session.notes.say(f'To change keys, add COMMAND = "KEYS" under [keys] in {session.paths.config_file}.')
