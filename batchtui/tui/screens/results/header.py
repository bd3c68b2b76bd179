"""`ResultHeader` shows above an answer whose it is, its outcome, what it took, and whether it fits its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.money import usd
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import outcome_line, value_words
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined, width, wrapped
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.costs.cost import Cost
    from batchtui.results.parsed_result import ParsedResult
    from batchtui.results.structured_output import SchemaMatch

LEAST_NAME, BESIDE = 16, 46
"""Columns of a custom_id at least."""
MOST_FAULTS = 2
"""Deviations from a schema that are named; more are counted."""


class ResultHeader(LinesView):
    """Draws two lines about an answer, and up to three more where it should be JSON."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: ParsedResult | None = None
        self._bytes = 0
        self._cost: Cost | None = None
        self._fit: SchemaMatch | None = None
        self._origin = ""
        self._annotations: Mapping[str, object] = {}

    @property
    def custom_id(self) -> str:
        """The custom_id of the answer that is shown."""
        return self._answer.custom_id if self._answer else ""

    def show(
        self,
        answer: ParsedResult,
        length: int,
        cost: Cost | None,
        fit: SchemaMatch | None,
        origin: str = "",
        annotations: Mapping[str, object] = {},
    ) -> None:
        """Draw this answer of `length` bytes.

        Args:
            answer: what is shown.
            length: bytes of its line.
            cost: what it cost; None where that is not known.
            fit: whether it has the structure that was asked for; None where its request is not known.
            origin: which attempt and part it came in; empty where that is not said.
            annotations: what is said beside the answer, by the name of its column.
        """
        self._answer, self._bytes, self._cost, self._fit = answer, length, cost, fit
        self._origin, self._annotations = origin, annotations
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return two lines about the answer; empty ones until there is one."""
        answer = self._answer
        if answer is None:
            return [(), ()]
        reading = answer.reading
        name = (Span(f" {sanitize(answer.custom_id) or '(no custom_id)'}", Tone.STRONG),)
        first = joined([
            # The outcome must stay in sight, however long the custom_id is.
            fit(name, min(width(name), max(LEAST_NAME, columns - BESIDE))),
            outcome_line(answer.outcome, plain=painter_of(self).plain),
            [Span(sanitize((reading.model or "").removeprefix("claude-")), Tone.DIM)] if reading.model else [],
            [Span(f"stopped: {sanitize(reading.stop_reason)}", Tone.DIM)] if reading.stop_reason else [],
        ], "   ")  # fmt: skip
        took = _took(answer, self._bytes, self._cost)
        second = (Span(f" {self._origin + '   ' if self._origin else ''}{took}", Tone.DIM),)
        return [
            first,
            second,
            *annotation_lines(self._annotations, columns),
            *(fit_lines(self._fit, columns) if self._fit else ()),
        ]


def annotation_lines(annotations: Mapping[str, object], columns: int) -> list[Line]:
    """Return what is said beside an answer, on two lines at most; no lines where nothing is."""
    said = "   ".join(
        f"{one_line(name)}: {value_words(value)}" for name, value in annotations.items() if value not in (None, "")
    )
    return [(Span(f" {part}", Tone.ACCENT),) for part in wrapped(said, max(20, columns - 2))[:2]] if said else []


def _took(answer: ParsedResult, length: int, cost: Cost | None) -> str:
    usage = answer.usage
    took = [f"{count(usage.total_input)} in", f"{count(usage.output_tokens)} out"] if usage.output_tokens else []
    if usage.cache_read_tokens:
        took.append(f"{count(usage.cache_read_tokens)} from the cache")
    if usage.thinking_tokens:
        took.append(f"{count(usage.thinking_tokens)} for thinking")
    if usage.web_searches:
        took.append(amount(usage.web_searches, "search", "searches"))
    said = [f"tokens {', '.join(took)}"] if took else []
    # Nothing else is billed.
    if answer.reading.result_type == "succeeded":
        said.append(f"cost {usd(cost.total if cost else None)}")
    return "   ".join([*said, size(length)])


def fit_lines(fit: SchemaMatch, columns: int) -> list[Line]:
    """Return whether an answer matches the schema that was asked for; no lines where none was."""
    if not fit.wanted:
        return []
    if fit.fits:
        return [(Span(" fits the JSON schema that was asked for", Tone.GOOD),)]
    if fit.fits is None:
        said, tone = "is JSON; its schema cannot be checked", Tone.WARN
    else:
        said, tone = (
            ("does not fit the schema" if fit.parses else "not valid JSON (a JSON answer was requested)"),
            Tone.BAD,
        )
    faults = "; ".join(one_line(fault) for fault in fit.faults[:MOST_FAULTS])
    more = f"; and {len(fit.faults) - MOST_FAULTS} more" if len(fit.faults) > MOST_FAULTS else ""
    lines = wrapped(f"{said}: {faults}{more}" if faults else said, max(20, columns - 2))
    return [(Span(f" {part}", tone),) for part in lines[:3]]
