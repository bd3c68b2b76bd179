"""`MarkLines` draws what is marked of the answer that is shown: verdict, labels with their digits, note, others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.results.mark import ReviewVerdict
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line
from batchtui.tui.commands.key_text import keymap_of, text_with_keys
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, flow, joined, wrapped
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.results.mark import ReviewMark

MOST_NOTE_LINES = 2
"""Lines of a note that are shown."""


class MarkLines(LinesView):
    """Draws one line of verdict, the labels, and the note where there is one."""

    DEFAULT_CSS = "MarkLines { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self._own: ReviewMark | None = None
        self._others: Sequence[ReviewMark] = ()
        self._labels: Sequence[str] = ()

    def show(self, own: ReviewMark | None, others: Sequence[ReviewMark], labels: Sequence[str]) -> None:
        """Draw the reviewer's own mark, those of others, and the labels that can be given."""
        self._own, self._others, self._labels = own, others, labels
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the lines, in the same place for every answer, so that the eye need not look for them."""
        own = self._own
        if own is None:
            return [()]
        lines = flow(joined([self._verdict(own), *self._said_by_others(own)], "   "), columns)
        lines += flow((Span(" "), *self._label_spans(own)), columns)
        if own.note:
            lines += [(Span(f" {part}", Tone.EMPHASIS),) for part in wrapped(one_line(own.note), columns - 2)][
                :MOST_NOTE_LINES
            ]
        return lines

    def _verdict(self, own: ReviewMark) -> Line:
        plain = painter_of(self).plain
        if own.is_stale and own.verdict:
            return (Span(f" not marked: {own.verdict} was an earlier answer", Tone.WARN),)
        if own.verdict is ReviewVerdict.ACCEPTED:
            return (Span(f" {'+' if plain else '✓'} accepted", Tone.GOOD),)
        if own.verdict is ReviewVerdict.REJECTED:
            return (Span(f" {'x' if plain else '✗'} rejected", Tone.BAD),)
        return (Span(f" {'.' if plain else '·'} not decided" if not own.is_empty else " not marked", Tone.DIM),)

    def _said_by_others(self, own: ReviewMark) -> list[Line]:
        if not self._others:
            return []
        # Shown only after one's own verdict: who knows what others say does not judge independently.
        if own.verdict is None or own.is_stale:
            return [(Span(f"marked by {amount(len(self._others), 'other reviewer')}", Tone.DIM),)]
        return [
            (Span(f"{one_line(other.reviewer)}: {_words(other)}", Tone.DIM),) for other in self._others
        ]  # fmt: skip

    def _label_spans(self, own: ReviewMark) -> list[Span]:
        keymap = keymap_of(self)
        if not self._labels:
            return list(text_with_keys(self, "{review.labels} names labels for the digits 1 to 9", Tone.DIM, Tone.DIM))
        spans: list[Span] = []
        for number, name in enumerate(self._labels, 1):
            keys = keymap.get(f"review.label-{number}", ())
            is_given = name in own.labels and not own.is_stale
            box = "x" if is_given else " "
            spans += [
                Span(f"{keys[0] if keys else '-'}", Tone.ACCENT),
                Span(f"[{box}] "),
                Span(one_line(name), Tone.CHIP if is_given else Tone.DIM),
                Span("  "),
            ]
        # A label of an earlier set, or of a merged file, has no digit here, and is still on the answer.
        others = [] if own.is_stale else [name for name in own.labels if name not in self._labels]
        spans += [Span(f"{one_line(name)} ", Tone.CHIP) for name in others]
        return spans


def _words(mark: ReviewMark) -> str:
    said = [str(mark.verdict or "not decided"), *map(one_line, mark.labels)]
    return ", ".join(said) + (" (of an earlier answer)" if mark.is_stale else "")
