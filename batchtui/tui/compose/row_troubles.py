"""What is wrong with the row that is shown, below its request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.problem import Severity
from batchtui.text.safe import one_line
from batchtui.tui.rendering.spans import Line, Span, Tone, wrapped
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.problem import Problem


class RowProblems(LinesView):
    """Draws the problems of one row, as many as there is room for; without any it takes no room."""

    def __init__(self) -> None:
        super().__init__(id="row-troubles")
        self._problems: Sequence[Problem] = ()
        self._complaints: Sequence[str] = ()
        self.display = False

    def show(self, problems: Sequence[Problem], complaints: Sequence[str] = ()) -> None:
        """Draw the problems of the row, and before them what is wrong with all rows."""
        self._problems, self._complaints = problems, complaints
        self.display = bool(problems or complaints)
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw them."""
        wrong = [one_line(complaint) for complaint in self._complaints]
        lines: list[Line] = [(Span(f" {part}", Tone.BAD),) for said in wrong for part in wrapped(said, columns - 2)]
        for problem in self._problems:
            tone = Tone.BAD if problem.severity is Severity.ERROR else Tone.WARN
            said = " ".join(_sentence(words) for words in (problem.message, problem.hint) if words)
            lines += [(Span(f" {part}", tone),) for part in wrapped(one_line(said), columns - 2)]
        return lines[:5]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith(('.', '?', '!')) else '.'}"
