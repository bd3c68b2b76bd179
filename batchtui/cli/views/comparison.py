"""Show a comparison, as text or JSON: `show_comparison`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.cli.views.batches import model_words
from batchtui.cli.views.json_documents import dollars
from batchtui.domain.results.comparison import AnswerChange
from batchtui.domain.results.result import Outcome
from batchtui.text.glyphs import DIFFERENCES, OUTCOMES
from batchtui.text.layout.tables import TextColumn
from batchtui.text.money import usd
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line, sanitize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.cli.session import Session
    from batchtui.cli.views.json_documents import Document
    from batchtui.domain.results.result import ResultFacts
    from batchtui.registry.results.pairs import Pair, ResultPairs
    from batchtui.services.results.compare import Comparison, Side

NOT_THE_SAME = tuple(difference for difference in AnswerChange if difference is not AnswerChange.SAME)
AT_ONCE = 500
"""Pairs read in one visit to the disk."""
PREVIEW = 48
"""Columns of an answer in a line, in a pipe too."""
LONGEST_NAME = 24
"""Columns of a name above a column; the row below it has it whole."""


def show_comparison(session: Session, comparison: Comparison, *, changes: bool) -> None:
    """Print a comparison; with `changes` also every pair that differs."""
    if session.json:
        session.out.document(document(comparison, changes=changes))
        return
    out, pairs = session.out, comparison.pairs
    heads = [f"{side}: {_short(each.name)}" for side, each in (("A", comparison.first), ("B", comparison.second))]
    columns = [TextColumn(head, worth=90, least=16) for head in heads]
    out.table((TextColumn("", worth=100), *columns), list(_rows(comparison.first, comparison.second)))
    out.line()
    said = [f"{count(number)} {DIFFERENCES[one].word}" for one, number in pairs.by_difference.items()]
    out.line(f"{amount(pairs.count, 'custom_id')}: {', '.join(said)}")
    if not shared(pairs):
        session.notes.say("No custom_id is in both, so there is nothing to compare.")
    elif changes and pairs.order(NOT_THE_SAME):
        out.line()
        columns = [TextColumn(head, worth=80, least=12) for head in heads]
        known = (TextColumn("CHANGE", worth=95), TextColumn("CUSTOM_ID", worth=100, least=12))
        out.table((*known, *columns), [_pair_row(pair) for pair in _changed(pairs)])


def _short(name: str) -> str:
    words = one_line(name)
    return words if len(words) <= LONGEST_NAME else f"{words[: LONGEST_NAME - 1]}…"


def shared(pairs: ResultPairs) -> int:
    """Return the number of custom_ids that both sets have."""
    numbers = pairs.by_difference
    return pairs.count - numbers.get(AnswerChange.ONLY_FIRST, 0) - numbers.get(AnswerChange.ONLY_SECOND, 0)


def _rows(*sides: Side) -> Iterator[tuple[str, ...]]:
    yield ("name", *(one_line(side.name) for side in sides))
    yield ("model", *(model_words(side.models) for side in sides))
    yield ("results", *(count(side.results) for side in sides))
    for outcome in Outcome:
        if any(side.outcomes.get(outcome) for side in sides):
            yield (OUTCOMES[outcome].word, *(count(side.outcomes.get(outcome, 0)) for side in sides))
    yield ("tokens in", *(count(side.usage.total_input) for side in sides))
    yield ("tokens out", *(count(side.usage.output_tokens) for side in sides))
    yield ("cost", *(usd(side.cost) for side in sides))


def _changed(pairs: ResultPairs) -> Iterator[Pair]:
    order = pairs.order(NOT_THE_SAME)
    for start in range(0, len(order), AT_ONCE):
        yield from pairs.page(order[start : start + AT_ONCE])


def _pair_row(pair: Pair) -> tuple[str, ...]:
    return (DIFFERENCES[pair.difference].word, sanitize(pair.custom_id), _said(pair.first), _said(pair.second))


def _said(facts: ResultFacts | None) -> str:
    if facts is None:
        return "·"
    words = one_line(facts.message)
    if facts.outcome is not Outcome.SUCCEEDED:
        word = OUTCOMES[facts.outcome].word
        # An answer that was truncated is still worth comparing, so its text stands behind the outcome.
        words = f"{word}: {words}" if words else word
    return words if len(words) <= PREVIEW else words[: PREVIEW - 1] + "…"


# ── for scripts ────────────────────────────────────────────────────────────────────────────────────────────────────


def document(comparison: Comparison, *, changes: bool) -> Document:
    """Write a comparison; the differences are disjoint and add up to `custom_ids`."""
    pairs = comparison.pairs
    numbers = pairs.by_difference
    told: Document = {
        "first": _side_document(comparison.first),
        "second": _side_document(comparison.second),
        "custom_ids": pairs.count,
        "in_both": shared(pairs),
        # All kinds, also those that do not occur: scripts need no default.
        "differences": {str(difference): numbers.get(difference, 0) for difference in AnswerChange},
    }
    if changes:
        told["changes"] = [_pair_document(pair) for pair in _changed(pairs)]
    return told


def _side_document(side: Side) -> Document:
    return {
        "name": side.name,
        "models": list(side.models),
        "results": side.results,
        "outcomes": {str(outcome): side.outcomes.get(outcome, 0) for outcome in Outcome},
        "input_tokens": side.usage.total_input,
        "output_tokens": side.usage.output_tokens,
        "cost": dollars(side.cost),
        "batches_left_out": side.left_out,
    }


def _pair_document(pair: Pair) -> Document:
    return {
        "custom_id": pair.custom_id,
        "difference": str(pair.difference),
        "first": pair.first and _result_document(pair.first),
        "second": pair.second and _result_document(pair.second),
    }


def _result_document(facts: ResultFacts) -> Document:
    return {
        "outcome": str(facts.outcome),
        "error_type": facts.error_type,
        "stop_reason": facts.stop_reason,
        "output_tokens": facts.usage.output_tokens,
        "beginning": facts.message,
    }
