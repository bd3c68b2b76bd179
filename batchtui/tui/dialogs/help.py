"""`HelpScreen` lists the keys that work where it is opened, and below them the manual's page about that screen."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, ClassVar

from batchtui.manual.pages import read_page, title_of
from batchtui.manual.plain_text import to_plain_text
from batchtui.text.numbers import amount
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope, of_scope
from batchtui.tui.dialogs.dialog import Dialog
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.events import Key
    from textual.widget import Widget

    from batchtui.tui.commands.keymap import Keymap

TOPICS = {
    Scope.BATCHES: "watch",
    Scope.BATCH: "results",
    Scope.SPENDING: "money",
    Scope.RETRY: "retry",
    Scope.EXPORT: "results",
    Scope.SETTINGS: "settings",
    Scope.COMPOSE: "compose",
    Scope.RESULT: "results",
    Scope.HISTORY: "retry",
    Scope.REVIEW: "review",
    Scope.COMPARE: "results",
    Scope.PAIR: "results",
    Scope.ACTIVITY: "troubleshooting",
}
"""The page of the manual about the screen where a scope is heard; "keys" for any other."""
PAGE_COLUMNS = 76
"""The width that a page is laid out for: what the box leaves of 80 columns."""


class HelpScreen(Dialog[None]):
    """Lists keys and what they do, then the manual's page. `/` finds a text in both."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DIALOG, Scope.HELP)
    KEYS = "{text.down} {text.up} {text.page-down} {text.page-up} scroll   {help.find} find   {dialog.no|esc} close"
    LOOK = "-help"

    def __init__(self, scopes: Sequence[Scope], keymap: Keymap, *, is_read_only: bool) -> None:
        super().__init__()
        topic = next((TOPICS[scope] for scope in scopes if scope in TOPICS), "keys")
        keys = [(Span("Keys", Tone.STRONG),), *help_lines(scopes, keymap, is_read_only=is_read_only)]
        self._body = TextView([*keys, (), *page_lines(topic)], id="dialog-body")
        self._bar = FilterBar("find in the help")

    def box(self) -> Iterator[Widget]:
        """Yield the field of a search, and the text."""
        yield self._bar
        yield self._body

    def on_mount(self) -> None:
        """Give the keys to the text."""
        self._body.focus()

    # ── searching ──────────────────────────────────────────────────────────────────────────────────────────────────

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Search while typing."""
        self._body.find(event.text.strip())

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the text."""
        self._body.focus()

    def on_text_view_searched(self) -> None:
        """Show how many places there are."""
        at, total = self._body.hits
        if self._bar.text.strip():
            said = f"{at} of {amount(total, 'hit')} " if total else "no hit "
            self._bar.say(Span(said, Tone.TEXT if total else Tone.WARN))

    def _action_help_find(self) -> None:
        self._bar.open()

    def _action_help_next_hit(self) -> None:
        self._body.to_hit(1)

    def _action_help_previous_hit(self) -> None:
        self._body.to_hit(-1)

    # ── closing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_key(self, event: Key) -> None:
        """Close on the key that opened it, too."""
        if self._body.has_focus and event.key in ("question_mark", "enter", "f1"):
            event.stop()
            event.prevent_default()
            self.close(None)

    def _action_dialog_yes(self) -> None:
        """Do nothing: nothing is asked here."""

    def _action_dialog_no(self) -> None:
        """End the search, or close."""
        if self._bar.display:
            self._bar.close()
            self._body.find("")
        else:
            self.close(None)


def page_lines(topic: str) -> Iterator[Line]:
    """Yield a page of the manual, with its headings set off."""
    page = read_page(topic)
    yield (Span(f"Manual: {title_of(page)}", Tone.STRONG), Span(f"   batchtui help {topic}", Tone.DIM))
    lines = to_plain_text(page, PAGE_COLUMNS).splitlines()[2:]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and set(line) <= {"-"}:
            continue
        is_heading = bool(below) and set(below) <= {"-"} and len(below) == len(line)
        yield (Span(line, Tone.ACCENT),) if is_heading else (Span(line),) if line else ()


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
