"""`DataGrid` lists the rows of a table: each with its custom_id, its first problem and its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.submission.problem import Severity
from batchtui.services.compose.draft_preview import RowPreview, show_rows
from batchtui.text.safe import one_line
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.grid.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.compose.draft_preview import OpenedDraft

FIXED = (
    Column("number", "ROW", 3, 9, 10, right=True, fixed=True),
    Column("sign", "", 1, 1, 99, fixed=True),
    Column("id", "CUSTOM_ID", 10, 18, 70, fixed=True),
)
PROBLEM = Column("problem", "PROBLEM", 16, 60, 95)
MOST_COLUMNS = 40
"""Columns of the table that are shown."""
MEASURED = 30
"""Rows by which the widths of columns are chosen."""
LONGEST_CELL = 200
"""Characters of a cell that are looked at."""


class DataGrid(Grid[RowPreview]):
    """Lists rows by number; the one under the cursor is shown as a request beside it."""

    def __init__(self) -> None:
        super().__init__(FIXED, self._page, self._paint_cell, id="table")
        self._opened: OpenedDraft | None = None
        self._names: tuple[str, ...] = ()
        self._widths: Sequence[int] = ()

    async def open(self, opened: OpenedDraft, numbers: Sequence[int], *, with_problems: bool) -> None:
        """Show rows of this draft; the cursor stays on its row where that is among them."""
        self._opened = opened
        # Wider tables are shown in part; templates can use every column all the same.
        self._names = opened.columns[:MOST_COLUMNS]
        cells = [_column(at, name, self._widths) for at, name in enumerate(self._names)]
        columns = (*FIXED, *([PROBLEM] if with_problems else []), *cells)
        # Cells are painted by place, so other columns need all of them painted again.
        if columns != self.columns:
            self.columns = columns
            self.forget()
        self.show(numbers)
        await self.freshen()

    async def measure(self, opened: OpenedDraft) -> None:
        """Find out from its first rows how wide each column should be."""
        rows = await show_rows(opened, range(1, MEASURED + 1))
        names = opened.columns[:MOST_COLUMNS]
        self._widths = [max((len(_said(row.row.values.get(name))) for row in rows), default=0) for name in names]

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, RowPreview]]:
        opened = self._opened
        return [] if opened is None else [(shown.number, shown) for shown in await show_rows(opened, keys)]

    def _paint_cell(self, item: RowPreview, column: Column, width: int) -> Line:
        return paint(item, column, self._names, plain=painter_of(self).plain)


def paint(item: RowPreview, column: Column, names: Sequence[str], *, plain: bool) -> Line:
    """Return one cell."""
    # The first problem stands in the row; the preview shows the others.
    problem = item.rendered.problems[0] if item.rendered and item.rendered.problems else None
    is_wrong = problem is not None and problem.severity is Severity.ERROR
    match column.id:
        case "number":
            return (Span(f"{item.number:,}", Tone.DIM),)
        case "sign":
            sign = ("x" if plain else "✗") if is_wrong else "!" if problem else ""
            return (Span(sign, Tone.BAD if is_wrong else Tone.WARN),)
        case "id":
            return (Span(one_line(item.rendered.custom_id[:80]) if item.rendered else "", Tone.TEXT),)
        case "problem":
            return (Span(one_line(problem.message) if problem else "", Tone.BAD if is_wrong else Tone.WARN),)
    value = item.row.values.get(names[int(column.id.removeprefix("cell-"))])
    return (Span(one_line(_said(value)), Tone.DIM),)


def _column(at: int, name: str, widths: Sequence[int]) -> Column:
    title = one_line(name[:60])
    width = max(6, len(title), widths[at] if at < len(widths) else 0)
    return Column(f"cell-{at}", title, 6, min(width, 200), 50, good=min(width, 14))


def _said(value: Any) -> str:
    return "" if value is None else (value if isinstance(value, str) else str(value))[:LONGEST_CELL]
