"""`RequestPreview` shows the row under the cursor as the request that would be sent, its problems, and the table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.message import Message

from batchtui.domain.submission.problem import Severity
from batchtui.services.compose.draft_preview import show_row
from batchtui.text.safe import one_line
from batchtui.tui.rendering.request import request_parts
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.screens.compose.data_grid import DataGrid
from batchtui.tui.screens.compose.draft_rows import table_words
from batchtui.tui.widgets.document_pane import Document, DocumentPane
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.rule import TitledRule
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult

    from batchtui.domain.submission.problem import Problem
    from batchtui.services.compose.draft_preview import RowPreview
    from batchtui.tui.rendering.plain import Part
    from batchtui.tui.screens.compose.draft_session import DraftSession

NO_ROWS = (line(Span("no rows yet", Tone.DIM)),)
NO_PROBLEM = (line(Span("no row has a problem", Tone.GOOD)),)


class RequestPreview(Vertical):
    """The request of one row, what is wrong with it, and the table below."""

    class RowShown(Message):
        """Another row is shown, or the same one differently."""

    def __init__(self, desk: DraftSession) -> None:
        super().__init__(id="outcome")
        self._desk = desk
        self.shown: RowPreview | None = None
        """The row that is shown."""
        self.is_only_troubled = False
        """Whether only rows with a problem are listed."""
        self.showing = CoalescedWorker(self, self.show_row)
        self.request = DocumentPane("request", id="request")
        self._troubles = RowProblems()
        self._title = TitledRule("table")
        self.table = DataGrid()
        self.table.empty = NO_ROWS

    def compose(self) -> ComposeResult:
        """Lay out the request, its problems, and the table."""
        yield self.request
        yield self._troubles
        yield self._title
        yield self.table

    async def list_rows(self) -> None:
        """List the rows that are known now."""
        opened, composed = self._desk.opened, self._desk.composed
        number = 0 if opened.rows is None else max(opened.rows.read, composed.rows if composed else 0)
        # Which rows have problems is known only after all were checked.
        troubled = composed.troubled if composed else ()
        numbers = troubled if self.is_only_troubled and composed else range(1, number + 1)
        self.table.empty = NO_PROBLEM if self.is_only_troubled else NO_ROWS
        name = "rows with a problem" if self.is_only_troubled else "table"
        self._title.say(name, table_words(opened.rows.table) if opened.rows else "")
        await self.table.open(opened, numbers, with_problems=bool(troubled) or self._desk.is_unfit)

    async def show_row(self) -> None:
        """Show the row under the cursor; while a change is half typed, the last valid request stays."""
        opened, before = self._desk.opened, self.shown
        self.shown = shown = await show_row(opened, self.table.key or 1)
        is_same = shown is not None and before is not None and shown.number == before.number
        raw = shown.request if shown else b""
        # A template that is half typed makes no request; the last one stays to be read.
        if raw or not opened.complaints:
            reading = (
                Document(partial(request_parts, raw), raw) if raw else Document(partial(_nothing, shown is not None))
            )
            self.request.show(reading, stays=is_same)
        # What is wrong with all rows stands in the sum, and in no second place.
        self._troubles.show(shown.rendered.problems if shown and shown.rendered else ())
        self.post_message(self.RowShown())

    @property
    def is_behind(self) -> bool:
        """Whether the cursor is on another row than the one that is shown."""
        return self.table.key != (self.shown.number if self.shown else None)

    def mark(self) -> None:
        """Show whether the table has the focus."""
        self._title.mark(is_ahead=self.table.has_focus)

    def go_to(self, number: int) -> None:
        """Put the cursor on a row."""
        self.table.go_to(self.table.order.index(number) if self.is_only_troubled else number - 1)


def _nothing(is_row: bool, _most: int | None) -> Iterator[Part]:
    """Yield why there is nothing to read."""
    yield (Span("No request can be made from this row." if is_row else "There is no request to show yet.", Tone.DIM),)


class RowProblems(LinesView):
    """Draws the problems of one row; without any it takes no room."""

    def __init__(self) -> None:
        super().__init__(id="row-troubles")
        self._problems: Sequence[Problem] = ()
        self.display = False

    def show(self, problems: Sequence[Problem]) -> None:
        """Draw the problems of the row."""
        self._problems = problems
        self.display = bool(problems)
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the problems of the row, errors in another colour than warnings."""
        lines: list[Line] = []
        for problem in self._problems:
            tone = Tone.BAD if problem.severity is Severity.ERROR else Tone.WARN
            said = " ".join(_sentence(words) for words in (problem.message, problem.hint) if words)
            lines += [(Span(f" {part}", tone),) for part in wrapped(one_line(said), columns - 2)]
        return lines[:5]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"
