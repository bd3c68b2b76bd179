"""`HelpScreen` lists the keys that work where it is opened, as they are bound at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical
from textual.screen import ModalScreen

from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope, of_scope
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from batchtui.tui.commands.keymap import Keymap


class HelpScreen(ModalScreen[None]):
    """Lists keys and what they do."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG)

    def __init__(self, scopes: Sequence[Scope], keymap: Keymap, *, is_read_only: bool) -> None:
        super().__init__()
        self._lines = list(help_lines(scopes, keymap, is_read_only=is_read_only))
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(id="dialog", classes="-help"):
            how = text_with_keys(self, "   {text.down} {text.up} scroll, {dialog.no|esc} closes", named=Tone.DIM)
            yield TextView([(Span("Keys", Tone.STRONG), *how), *self._lines], id="dialog-body")

    def on_key(self, event: object) -> None:
        """Close on the key that opened it, too."""
        if getattr(event, "key", "") in ("question_mark", "enter", "f1"):
            self._action_dialog_no()

    def _action_dialog_yes(self) -> None:
        """Do nothing: nothing is asked here."""

    def _action_dialog_no(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.dismiss(None)


def help_lines(scopes: Sequence[Scope], keymap: Keymap, *, is_read_only: bool = False) -> Iterator[Line]:
    """Yield the commands of these scopes with their keys, by scope."""
    # One width for all scopes, so that the keys form one column.
    room = max(len("  ".join(keymap[command.id])) for command in of_scope(*scopes))
    for scope in scopes:
        yield ()
        yield (Span(scope.value, Tone.ACCENT),)
        for command in of_scope(scope):
            keys = "  ".join(keymap[command.id]) or "none"
            off = "  (read-only: off)" if command.is_danger and is_read_only else ""
            yield (Span(f"  {keys:<{room}}  ", Tone.STRONG), Span(command.help + off))
