"""`DraftSummary` shows what a draft comes to: requests, problems, tokens and costs, and the button that submits it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.submission.problem import Severity
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import figure_words, input_words, output_words
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width, wrapped
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual import events

    from batchtui.domain.submission.problem import Problem
    from batchtui.services.compose.compose import Composed

MOST_LINES = 5
"""Lines of a table that a problem names."""


class DraftSummary(LinesView):
    """Draws the result of all rows; while that is worked out again, the last one in a pale tone."""

    def __init__(self, submit: Callable[[], None]) -> None:
        """`submit`: what a click on the button does."""
        super().__init__(id="draft-summary")
        self._submit = submit
        self._button_from: int | None = None
        self._composed: Composed | None = None
        self._said = ""
        self._complaints: Sequence[str] = ()
        self._is_waiting = False

    def show(self, composed: Composed | None, complaints: Sequence[str] = ()) -> None:
        """Draw this result; `complaints` are what keeps everything from being sent."""
        self._composed, self._complaints, self._said, self._is_waiting = composed, complaints, "", False
        self.redraw()

    def wait(self, complaints: Sequence[str] = (), said: str = "") -> None:
        """Draw the last result in a pale tone, and how far the new one is."""
        self._complaints, self._said, self._is_waiting = complaints, said, True
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines that there is room for."""
        lines: list[Line] = []
        for piece in self._pieces():
            # Old figures stay readable while new ones are worked out, and nothing jumps.
            tone = Tone.PALE if self._is_waiting and not self._complaints else piece.tone
            lines += [(Span(f" {part}", tone),) for part in wrapped(piece.text, columns - 2)]
        self._button_from = None
        if self._composed is not None and not self._complaints and lines:
            button = self._button(self._composed)
            self._button_from = max(0, columns - width(button) - 1)
            lines[0] = (*fit(lines[0], self._button_from), *button)
        return lines[:rows]

    def _button(self, composed: Composed) -> Line:
        tone = Tone.PALE if self._is_waiting else Tone.CHIP
        words = f"  Submit {amount(composed.report.requests, 'request')}   {{compose.submit}}  "
        return text_with_keys(self, words, tone, tone)

    def on_click(self, event: events.Click) -> None:
        """Submit, where the button was clicked on."""
        if event.y == 0 and self._button_from is not None and event.x >= self._button_from:
            self._submit()

    def _pieces(self) -> Iterator[Span]:
        if self._complaints:
            yield from (Span(one_line(complaint), Tone.BAD) for complaint in self._complaints)
            return
        if self._said:
            yield Span(self._said, Tone.DIM)
        if self._composed is not None:
            yield from summary(self._composed)


def summary(composed: Composed) -> Iterator[Span]:
    """Yield what all rows come to, a sentence each."""
    report = composed.report
    yield Span(f"{amount(report.requests, 'request')} of {amount(composed.rows, 'row')}", Tone.STRONG)
    if composed.left_out:
        said = ", ".join(f"{count(number)} {what}" for what, number in composed.left_out.items())
        yield Span(f"left out: {said}", Tone.DIM)
    for problem in report.problems:
        yield Span(problem_words(problem), Tone.BAD if problem.severity is Severity.ERROR else Tone.WARN)
    if composed.estimate is not None:
        yield Span(f"{figure_words(composed.estimate.cost)} as a batch", Tone.STRONG)
        yield Span(input_words(composed.estimate), Tone.DIM)
        yield Span(output_words(composed.estimate), Tone.DIM)


def problem_words(problem: Problem) -> str:
    """Return a problem with the lines that have it."""
    lines = ", ".join(count(line) for line in problem.lines[:MOST_LINES])
    more = " …" if problem.count > len(problem.lines[:MOST_LINES]) else ""
    where = f"line {lines}{more}: " if lines else ""
    times = f" ({count(problem.count)} times)" if problem.count > 1 else ""
    return one_line(f"{where}{problem.message}{times}")
