"""`FailureList` lists the failures of a batch by kind, with what to do about each and an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from batchtui.results.failure_groups import FailureGroup, SuggestedAction
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.result_columns import OUTCOME_TONES
from batchtui.tui.rendering.spans import Line, Span, Tone, plain, wrapped
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.widgets.rule import TitledRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult


COLUMNS = (
    Column("count", "FAILED", 6, 9, 100, right=True, fixed=True),
    Column("act", "DO", 11, 11, 80),
    Column("kind", "KIND", 14, 200, 90, fixed=True),
)
MOST_IN_SIGHT = 4
"""Kinds that are in sight at once."""
ADVICE = {
    SuggestedAction.RESEND: ("RETRY", Tone.GOOD),
    SuggestedAction.RAISE: ("RAISE LIMIT", Tone.WARN),
    SuggestedAction.EDIT: ("EDIT", Tone.BAD),
    SuggestedAction.LEAVE: ("REVIEW", Tone.DIM),
}
"""What to do about a kind of failure, in a word or two."""


class FailureList(Vertical):
    """A list of failure groups. It posts which one was chosen; the browser filters."""

    class Chosen(Message):
        """Only the failures of this group are to be shown, or all results for None."""

        def __init__(self, group: int | None) -> None:
            super().__init__()
            self.group = group

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[int, FailureGroup] = {}
        self._chosen: int | None = None
        self.grid: Grid[FailureGroup] = Grid(COLUMNS, self._page, self._paint, id="groups")
        self._example = _Example(id="failure")
        self._title = TitledRule("what failed")

    def compose(self) -> ComposeResult:
        """Lay out the list below its title, and below it an example of the group under the cursor."""
        yield self._title
        yield self.grid
        yield self._example

    def show(self, groups: Sequence[FailureGroup]) -> None:
        """List these groups of failures, with as much height as they need."""
        self._groups = {group.id: group for group in groups}
        # As tall as its list, so that the results get the rest; a long list scrolls.
        self.grid.styles.height = 1 + min(len(groups), MOST_IN_SIGHT)
        failed = sum(group.count for group in groups)
        self._title.say("what failed", f"{amount(failed, 'result')} of {amount(len(groups), 'kind')}")
        self.grid.update(self._groups.items())
        self.grid.show(list(self._groups))
        self._example.show(self.grid.item)

    def mark(self, chosen: int | None) -> str:
        """Show which group is in force. Returns its name; empty for none."""
        self._chosen = chosen
        self.grid.repaint()
        return "" if chosen is None else plain(kind(self._groups[chosen]))

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, FailureGroup]]:
        return [(key, self._groups[key]) for key in keys if key in self._groups]

    def _paint(self, item: FailureGroup, column: Column, width: int) -> Line:
        if column.id == "count":
            return (Span(count(item.count), Tone.CHIP if item.id == self._chosen else Tone.TEXT),)
        if column.id == "act":
            word, tone = ADVICE[item.advice.action]
            return (Span(word, tone),)
        return kind(item)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Choose a group; the one in force again means all results."""
        # The screen has a grid of its own whose messages have the same name.
        event.stop()
        self.post_message(self.Chosen(None if event.key == self._chosen else event.key))

    def on_grid_cursor_moved(self, event: Grid.CursorMoved) -> None:
        """Show an example of the group under the cursor."""
        event.stop()
        self._example.show(self.grid.item)

    def on_grid_marks_changed(self, event: Grid.MarksChanged) -> None:
        """Keep the message from the screen, which would take these marks for those of results."""
        event.stop()


def kind(group: FailureGroup) -> Line:
    """Return the name of a kind of failure: its error type or stop reason, and the message that all share."""
    # The most specific word that there is.
    word = group.error_type or group.stop_reason or OUTCOMES[group.outcome].word
    head = Span(one_line(word), OUTCOME_TONES[group.outcome])
    return (head, Span(f"  {one_line(group.pattern)}", Tone.DIM)) if group.pattern else (head,)


class _Example(ItemView[FailureGroup]):
    """What to do about a group, and its first failure."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        group = self.item
        if group is None:
            return []
        lines: list[Line] = [(Span(f" {part}"),) for part in wrapped(group.advice.sentence, columns - 2)]
        lines.append((Span(" such as ", Tone.DIM), Span(sanitize(group.example_id) or "(no custom_id)")))
        example = one_line(group.example)
        return [
            *lines,
            *((Span(f" {part}", Tone.DIM),) for part in (wrapped(example, columns - 2) if example else ())),
        ]
