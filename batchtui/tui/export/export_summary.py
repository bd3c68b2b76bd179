"""What the choices of an export come to, and while it is written how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.progress import bar, pace
from batchtui.text.safe import sanitize
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, plain, wrapped
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.results.export import ExportProgress


class ExportSummary(LinesView):
    """Draws sentences, else a bar and what stands below it."""

    def __init__(self) -> None:
        super().__init__(id="export-summary")
        self._said: Sequence[Line] = ()
        self._going: ExportProgress | None = None

    def show(self, said: Sequence[Line]) -> None:
        """Draw these lines."""
        self._said, self._going = said, None
        self.redraw()

    def show_going(self, name: str, going: ExportProgress) -> None:
        """Draw how far the writing of a file has come."""
        words = f"{sanitize(name)}: {pace(going.written, going.total, going.elapsed)}"
        self._going = going
        giving_up = plain(text_with_keys(self, "{app.back} gives it up; no half file stays."))
        self._said = ((Span(words, Tone.STRONG),), (Span(giving_up, Tone.DIM),))
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw them, broken where they are too long."""
        lines: list[Line] = []
        if self._going is not None:
            parts = bar(self._going.written, self._going.total, columns - 2, plain=painter_of(self).plain)
            lines.append((Span(" "), *map(Span, parts, (Tone.RUNNING, Tone.FAINT, Tone.DIM))))
        for said in self._said:
            tone = said[0].tone
            lines += [(Span(f" {part}", tone),) for part in wrapped(said[0].text, columns - 2)]
        return lines[:rows] or [()]
