"""`HelpScreen` lists the keys that work where it is opened, as they are bound at this moment."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope, of_scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.tui.commands.keymap import Keymap


class HelpScreen(Dialog[None]):
    """Lists keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)
    KEYS = "{text.down} {text.up} {text.page-down} {text.page-up} scroll   {dialog.no|esc} close"
    LOOK = "-help"

    def __init__(self, scopes: Sequence[Scope], keymap: Keymap, *, is_read_only: bool) -> None:
        super().__init__()
        self._lines = list(help_lines(scopes, keymap, is_read_only=is_read_only))

    def box(self) -> Iterator[Widget]:
        """Yield the list."""
        yield TextView([(Span("Keys", Tone.STRONG),), *self._lines], id="dialog-body")

    def on_key(self, event: object) -> None:
        """Close on the key that opened it, too."""
        if getattr(event, "key", "") in ("question_mark", "enter", "f1"):
            self._action_dialog_no()

    def _action_dialog_yes(self) -> None:
        """Do nothing: nothing is asked here."""

    def _action_dialog_no(self) -> None:
        self.close(None)


def help_lines(scopes: Sequence[Scope], keymap: Keymap, *, is_read_only: bool = False) -> Iterator[Line]:
    """Yield the commands of these scopes with their keys, by scope."""
    # One width for all scopes, so that the keys form one column.
    room = max(len("  ".join(keymap[command.id])) for command in of_scope(*scopes))
    for scope in scopes:
        yield ()
        yield (Span(scope.value, Tone.ACCENT),)
        for _, family in groupby(of_scope(scope), lambda command: command.family):
            first, *others = family
            keys = _key_words([*keymap[first.id]], [keymap[command.id] for command in others])
            off = "  (read-only: off)" if first.is_danger and is_read_only else ""
            yield (Span(f"  {keys:<{room}}  ", Tone.STRONG), Span(first.help + off))


def _key_words(keys: Sequence[str], others: Sequence[Sequence[str]]) -> str:
    """Return the keys of a command, or of a family of commands from the first to the last."""
    if not others:
        return "  ".join(keys) or "none"
    all_keys = [key for each in (keys, *others) for key in each]
    return f"{all_keys[0]} … {all_keys[-1]}" if all_keys else "none"
