"""The columns of the list of results, and `ResultPainter`, which draws one result in each of them.

Here and not in results/, since retry and compare show outcomes in the same colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome
from batchtui.results.json_text import encode_json
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.money import usd
from batchtui.text.numbers import count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.hits import mark_hits
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchtui.domain.costs.cost import Cost
    from batchtui.domain.results.result import ResultFacts

COLUMNS = (
    Column("outcome", "OUTCOME", 14, 14, 100, fixed=True),
    Column("custom_id", "CUSTOM_ID", 14, 36, 92, fixed=True, good=16),
    Column("message", "ANSWER", 14, 400, 90, good=50),
    Column("stop", "STOPPED", 10, 14, 65),
    Column("tokens", "TOKENS", 7, 9, 70, right=True),
    Column("cost", "COST", 10, 10, 68, right=True),
    Column("model", "MODEL", 12, 18, 30),
    Column("seq", "NO.", 7, 9, 15, right=True),
)
OUTCOME_TONES = {
    Outcome.SUCCEEDED: Tone.GOOD,
    Outcome.TOOL_USE: Tone.GOOD,
    Outcome.TRUNCATED: Tone.TRUNCATED,
    Outcome.REFUSED: Tone.WARN,
    Outcome.PAUSED: Tone.WARN,
    Outcome.EMPTY: Tone.WARN,
    Outcome.INVALID: Tone.WARN,
    Outcome.UNRECOGNIZED: Tone.WARN,
    Outcome.ERRORED: Tone.BAD,
    Outcome.CANCELED: Tone.DIM,
    Outcome.EXPIRED: Tone.WARN,
}
"""The colour of each outcome; the word beside it always says the same."""

OUTCOME_KINDS = {
    outcome: (OUTCOMES[outcome], OUTCOME_TONES[outcome])
    for outcome in sorted(Outcome, key=lambda outcome: not outcome.is_success)
}
"""Each outcome with its sign and colour, successes first: the order of the keys that filter by outcome."""


def outcome_line(of: Outcome, *, plain: bool = False) -> Line:
    """Return an outcome as a glyph and a word in its colour."""
    return (Span(f"{OUTCOMES[of].glyph_in(plain=plain)} {OUTCOMES[of].word}", OUTCOME_TONES[of]),)


JOB_COLUMNS = (
    Column("attempt", "ATTEMPT", 7, 7, 62, right=True),
    Column("part", "PART", 4, 7, 61, right=True),
)
"""What tells the batches of a job apart, where the results of all are listed."""
FIELD = "field:"
"""Begins the id of a column that holds one field of structured answers."""
LONGEST_CELL = 400
"""Characters of a value that a cell is made of."""
LONGEST_TITLE = 24
"""Columns of the name of a field above its values."""
MOST_FIELDS = 24
"""Fields of structured answers that a table is made of; answers with more are no rows of a table."""


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One row of the list."""

    facts: ResultFacts
    cost: Cost | None
    """None where the price is not known, and for results that are not billed."""
    excerpt: str = ""
    """Where a search has found something further on: what is said around it."""
    fields: Mapping[str, object] | None = None
    """What a structured answer says, where answers are shown as a table."""
    attempt: int = 0
    part: int = 0
    """Of the batch that it came in, where the results of a job are listed."""


class ResultPainter:
    """Draws the cells of a result."""

    def __init__(self, *, plain: Callable[[], bool], searched: Callable[[], str] = str) -> None:
        """`searched` returns the text that is searched for: it is marked wherever it is shown."""
        self._plain = plain
        self._searched = searched

    def __call__(self, item: ResultRow, column: Column, width: int) -> Line:
        """Return one cell, not yet cut to its width."""
        if column.id == "outcome":
            return outcome_line(item.facts.outcome, plain=self._plain())
        # custom_ids are often counted through, so they differ at their ends.
        if column.id == "custom_id":
            name = elide_middle(sanitize(item.facts.custom_id) or "(none)", width)
            return mark_hits((Span(name),), self._searched())
        if column.id == "cost":
            return (Span(money(item.facts, item.cost), Tone.DIM),)
        if column.id == "message":
            return mark_hits(_message(item), self._searched())
        if column.id.startswith(FIELD):
            return mark_hits(_field(item, column), self._searched())
        if column.id in ("attempt", "part"):
            return (Span(count(getattr(item, column.id)), Tone.DIM),)
        return _DRAWN[column.id](item.facts)


def field_columns(samples: Sequence[Mapping[str, object]], names: Sequence[str]) -> tuple[Column, ...]:
    """Return a column for each field of structured answers, as wide as the samples need; numbers stand at the right."""
    columns: list[Column] = []
    for at, name in enumerate(names):
        values = [sample[name] for sample in samples if name in sample]
        longest = max([len(one_line(name)), *(len(value_words(value)) for value in values)])
        is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        title = "".join(piece.text for piece in shorten((Span(one_line(name) or '""'),), LONGEST_TITLE))
        columns.append(
            Column(f"{FIELD}{name}", title, max(4, min(longest, 14)), max(4, min(longest, 60)), 89 - min(at, 20),
                   right=is_number and bool(values), good=min(longest, 24))
        )  # fmt: skip
    return tuple(columns)


def value_words(value: object) -> str:
    """Return one value of a structured answer on one line."""
    return one_line((value if isinstance(value, str) else encode_json(value))[:LONGEST_CELL])


def _field(item: ResultRow, column: Column) -> Line:
    name = column.id.removeprefix(FIELD)
    if item.fields is None or name not in item.fields:
        return (Span("·", Tone.PALE),)
    return (Span(value_words(item.fields[name])),)


def money(facts: ResultFacts, cost: Cost | None) -> str:
    """Return what one result cost; `·` where nothing was billed."""
    if facts.result_type != "succeeded":
        return "·"
    return "unknown" if cost is None else usd(cost.total)


def _message(item: ResultRow) -> Line:
    facts = item.facts
    if item.excerpt:
        return (Span("… ", Tone.DIM), Span(one_line(item.excerpt)))
    failed = facts.error_type is not None
    # The type tells kinds of failure apart at a glance; its message is read afterwards.
    head = (Span(f"{sanitize(facts.error_type)}  ", Tone.BAD),) if facts.error_type else ()
    return (*head, Span(one_line(facts.message), Tone.TEXT if not failed else Tone.DIM))


def _tokens(facts: ResultFacts) -> Line:
    return (Span(count(facts.usage.output_tokens) if facts.usage.output_tokens else "·", Tone.DIM),)


_DRAWN: Mapping[str, Callable[[ResultFacts], Line]] = {
    "tokens": _tokens,
    "model": lambda facts: (Span(sanitize((facts.model or "").removeprefix("claude-")), Tone.DIM),),
    "stop": lambda facts: (Span(sanitize(facts.stop_reason or ""), Tone.DIM),),
    "seq": lambda facts: (Span(count(facts.seq), Tone.DIM),),
}
