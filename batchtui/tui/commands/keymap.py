"""`merge_keymap` lays a person's own keys over those of the command table, and `bindings` gives Textual the result.

It also knows how keys are written: people write `esc` and `?`, Textual `escape` and `question_mark`.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.tui.commands.table import BY_ID, COMMANDS, TOGETHER, Scope, of_scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from textual.binding import BindingType

    from batchtui.tui.commands.table import Command

Keymap = dict[str, tuple[str, ...]]
"""Keys by the id of their command, as people write them."""

_ALIASES = {
    "escape": "esc", "return": "enter", "pageup": "pgup", "pagedown": "pgdn", "page_up": "pgup", "page_down": "pgdn",
    "del": "delete", "ins": "insert", "spacebar": "space", "slash": "/", "question_mark": "?", "colon": ":",
    "asterisk": "*", "backslash": "\\", "plus": "+", "minus": "-", "comma": ",",
}  # fmt: skip
"""Other names that people write for a key."""
_NAMED = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown"}
_NAMES = frozenset({
    "up", "down", "left", "right", "home", "end", "pgup", "pgdn", "enter", "esc", "space", "tab", "backspace", "delete",
    "insert", *(f"f{number}" for number in range(1, 25)),
})  # fmt: skip
_UNICODE_TO_TEXTUAL = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Characters whose name in Textual is not that of Unicode (textual.keys)."""
_MODIFIERS = re.compile(r"((?:ctrl|alt|shift|super)\+)*")


def merge_keymap(own: Mapping[str, str]) -> Keymap:
    """Return all keys by command, with a person's own laid over the table's.

    Args:
        own: from the settings: keys by command id, with commas between them; an empty string switches a command off.

    Raises:
        UsageError: an id or a key is unknown, or one key would mean two things in one place.
    """
    keymap: Keymap = {command.id: command.keys for command in COMMANDS}
    for command_id, keys in own.items():
        if command_id not in BY_ID:
            raise UsageError(
                f"The settings have keys for `{command_id}`, which is not a command.", hint=_did_you(command_id)
            )
        keymap[command_id] = tuple(_read(key, command_id) for key in keys.split(",") if key.strip())
    _refuse_clashes(keymap, own)
    return keymap


def textual_overrides(own: Mapping[str, str]) -> dict[str, str]:
    """Return what differs from the table as Textual wants it: its key names with commas between them.

    A key of an earlier version that a person gives to another command is no longer that of the first one.
    """
    keymap = merge_keymap(own)
    # Its former key still works while nobody wants it for something else.
    taken = {key for command_id in own for key in keymap[command_id]}
    differing = [
        *own,
        *(command.id for command in COMMANDS if command.id not in own and taken.intersection(command.was)),
    ]
    return {command_id: ",".join(map(textual_name, keymap[command_id])) for command_id in differing}


def textual_name(key: str) -> str:
    """Return Textual's name of a key: `question_mark` for `?`, `escape` for `esc`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    # Textual names a sign by its Unicode name, in lower case and with underscores.
    if len(last) == 1 and not last.isalnum():
        name = unicodedata.name(last).lower().replace("-", "_").replace(" ", "_")
        last = _UNICODE_TO_TEXTUAL.get(name, name)
    return "+".join([*modifiers, _NAMED.get(last, last)])


def display_key(key: str, *, plain: bool = False) -> str:
    """Return a key as the screen shows it: `⏎` for enter, or the word where only ASCII may be drawn."""
    signs = {"enter": "⏎", "up": "↑", "down": "↓", "left": "←", "right": "→", "tab": "⇥"}
    return key if plain else signs.get(key, key)


def _read(key: str, command_id: str) -> str:
    key = key.strip()
    prefix = _MODIFIERS.match(key)
    modifiers = prefix.group() if prefix and len(prefix.group()) < len(key) else ""
    last = key[len(modifiers) :]
    # Letters keep their case: `g` and `G` are two keys.
    last = _ALIASES.get(last.lower(), last if len(last) == 1 else last.lower())
    if len(last) == 1 and last.isprintable() and not last.isspace():
        return modifiers + last
    if last in _NAMES:
        return modifiers + last
    raise UsageError(
        f"The settings give `{command_id}` the key `{key}`, which is not a key.",
        hint="Write a character, or a name like enter, esc, space, f5, ctrl+d.",
    )


def _refuse_clashes(keymap: Keymap, own: Mapping[str, str]) -> None:
    # One key may mean two things on two screens, never on one.
    for scopes in TOGETHER:
        taken: dict[str, Command] = {}
        for command in (command for command in COMMANDS if command.scope in scopes):
            for key in keymap[command.id]:
                other = taken.setdefault(key, command)
                # Name the command whose keys the person has set: that is the one to change.
                if other is not command:
                    mine, theirs = (command, other) if command.id in own else (other, command)
                    raise UsageError(
                        f"The settings give `{mine.id}` the key `{key}`, which `{theirs.id}` already has.",
                        hint=f"Choose another one, or give `{theirs.id}` another key too.",
                    )


def _did_you(command_id: str) -> str:
    close = get_close_matches(command_id, BY_ID, n=1)
    return f"Did you mean `{close[0]}`? `?` in the dashboard shows all." if close else "`?` in the dashboard shows all."


def lines(keymap: Keymap) -> Iterator[tuple[Command, str]]:
    """Yield every command with its keys in words, in the table's order."""
    for command in COMMANDS:
        yield command, ", ".join(keymap[command.id]) or "none"


def bindings(*scopes: Scope) -> list[BindingType]:
    """Return Textual's bindings of these scopes. Their ids are those of the commands, so that a keymap finds them."""
    from textual.binding import Binding  # late: `batchtui keys` reads this module, and has no use for Textual

    return [
        Binding(
            ",".join(map(textual_name, (*command.keys, *command.was))),
            command.action,
            command.title,
            show=False,
            id=command.id,
            # What is heard while typing is heard before the field hears it.
            priority=command.id == "app.quit" or command.scope is Scope.FIELD,
        )
        for command in of_scope(*scopes)
    ]
