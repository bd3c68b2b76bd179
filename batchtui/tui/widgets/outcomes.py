"""The outcomes of a batch's results, with their numbers: a line of choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from batchtui.domain.result import Outcome
from batchtui.text.counts import count
from batchtui.text.glyphs import OUTCOMES
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, Tone, width
from batchtui.tui.result_cells import OUTCOME_TONES
from batchtui.tui.widgets.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual import events

IN_ORDER = sorted(Outcome, key=lambda outcome: not outcome.is_success)
"""What needs no second look first."""


class Outcomes(Picture):
    """Shows how many results have which outcome, and which of them are shown."""

    class Chosen(Message):
        """One outcome, or all of them, is to be shown."""

        def __init__(self, outcome: Outcome | None) -> None:
            super().__init__()
            self.outcome = outcome

    def __init__(self) -> None:
        super().__init__()
        self._numbers: Mapping[Outcome, int] = {}
        self._only: Outcome | None = None
        self._spans: list[tuple[int, int, Outcome | None]] = []

    def show(self, numbers: Mapping[Outcome, int], only: Outcome | None) -> None:
        """Draw these numbers, with one choice in force."""
        self._numbers, self._only = numbers, only
        self.redraw()

    @property
    def _choices(self) -> list[Outcome | None]:
        return [None, *(outcome for outcome in IN_ORDER if self._numbers.get(outcome))]

    def next(self, step: int) -> Outcome | None:
        """Return the choice after, or before, the one in force."""
        choices = self._choices
        at = choices.index(self._only) if self._only in choices else 0
        return choices[(at + step) % len(choices)]

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the line; where it is too narrow, words go."""
        if not self._numbers:
            return [(Piece(" Results", Tone.HEADING),)]
        full = self._line(words=True)
        return [full if width(full) <= columns else self._line(words=False)]

    def _line(self, *, words: bool) -> Line:
        plain = look_of(self).plain
        pieces: list[Piece] = [Piece(" ")]
        self._spans = []
        x = 1
        for choice in self._choices:
            number = count(sum(self._numbers.values()) if choice is None else self._numbers[choice])
            sign = "" if choice is None else f"{OUTCOMES[choice].glyph_in(plain=plain)} "
            word = "all" if choice is None else OUTCOMES[choice].word
            text = f" {sign}{number} {word} " if words or choice is None else f" {sign}{number} "
            tone = Tone.CHIP if choice is self._only else Tone.TEXT if choice is None else OUTCOME_TONES[choice]
            pieces += [Piece(text, tone), Piece(" ")]
            self._spans.append((x, x + width([Piece(text)]), choice))
            x += width([Piece(text)]) + 1
        return tuple(pieces)

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse."""
        for start, end, choice in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(choice))
