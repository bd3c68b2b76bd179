"""The table of commands as Textual's bindings."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from batchtui.tui.commands.keymap import textual_name
from batchtui.tui.commands.table import Scope, of_scope


def bindings(*scopes: Scope) -> list[BindingType]:
    """Return the bindings of these scopes. Their ids are those of the commands, so that a keymap finds them."""
    return [
        Binding(
            ",".join(map(textual_name, command.keys)),
            command.action,
            command.title,
            show=False,
            id=command.id,
            # What is heard while one types is heard before the field hears it.
            priority=command.id == "app.quit" or command.scope is Scope.FIELD,
        )
        for command in of_scope(*scopes)
    ]
