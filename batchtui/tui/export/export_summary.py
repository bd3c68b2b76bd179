"""What the choices of an export come to, and while it is written how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.progress import bar, pace
from batchtui.text.safe import safe
from batchtui.tui.commands.key_text import keyed
from batchtui.tui.rendering.painter import look_of
from batchtui.tui.rendering.spans import Line, Piece, Tone, plain, wrapped
from batchtui.tui.widgets.lines_view import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.results.export import Exporting


class ExportSummary(Picture):
    """Draws sentences, else a bar and what stands below it."""

    def __init__(self) -> None:
        super().__init__(id="export-summary")
        self._said: Sequence[Line] = ()
        self._going: Exporting | None = None

    def show(self, said: Sequence[Line]) -> None:
        """Draw these lines."""
        self._said, self._going = said, None
        self.redraw()

    def show_going(self, name: str, going: Exporting) -> None:
        """Draw how far the writing of a file has come."""
        words = f"{safe(name)}: {pace(going.written, going.total, going.elapsed)}"
        self._going = going
        giving_up = plain(keyed(self, "{app.back} gives it up; no half file stays."))
        self._said = ((Piece(words, Tone.STRONG),), (Piece(giving_up, Tone.DIM),))
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw them, broken where they are too long."""
        lines: list[Line] = []
        if self._going is not None:
            parts = bar(self._going.written, self._going.total, columns - 2, plain=look_of(self).plain)
            lines.append((Piece(" "), *map(Piece, parts, (Tone.RUNNING, Tone.FAINT, Tone.DIM))))
        for said in self._said:
            tone = said[0].tone
            lines += [(Piece(f" {part}", tone),) for part in wrapped(said[0].text, columns - 2)]
        return lines[:rows] or [()]
