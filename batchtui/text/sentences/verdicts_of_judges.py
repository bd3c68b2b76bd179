"""Write what a judge job found out: `group_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.results.judgment import Verdict
from batchtui.domain.results.win_rate import CONFIDENCE
from batchtui.text.numbers import amount, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.domain.results.verdict_group import VerdictGroup
    from batchtui.domain.results.win_rate import Interval, PairCounts

_UNUSABLE = {
    Verdict.INVALID: "did not fit the schema",
    Verdict.REFUSED: "refused",
    Verdict.TRUNCATED: "truncated",
    Verdict.FAILED: "failed",
}


def group_words(group: VerdictGroup, names: Sequence[str], *, is_short: bool = False) -> Iterator[str]:
    """Yield the verdict on some items, a fact a line; `is_short` says the figures only."""
    if group.pairs is not None:
        yield win_words(group.pairs, names)
        if not is_short:
            yield from _pair_facts(group.pairs, names)
        return
    if not group.scores:
        yield "No scores yet."
    # With a single criterion the overall score says the same.
    shown = group.scores if len(group.scores) > 2 else group.scores[:1]
    for one in shown:
        name = one.criterion or "score"
        yield f"{name}: {one.mean:.2f} on average{_range(one.interval)}, {amount(one.count, 'answer')}"
    if group.scores and group.scores[0].lowest and not is_short:
        lowest = group.scores[0].lowest
        named = ", ".join(f"{custom_id} ({value:g})" for value, custom_id in lowest)
        yield f"lowest: {named}"


def win_words(pairs: PairCounts, names: Sequence[str]) -> str:
    """Return who wins how often, seen from the second side."""
    rate = pairs.win_rate
    if rate is None:
        return "No comparison is decided yet."
    interval = pairs.interval
    assert interval is not None
    said = f"{names[1]} wins {rate:.0%} against {names[0]}"
    return f"{said} ({CONFIDENCE:.0%} interval {interval.low:.0%} to {interval.high:.0%}, {count(pairs.decided)} items)"


def _pair_facts(pairs: PairCounts, names: Sequence[str]) -> Iterator[str]:
    yield f"{names[0]} better {count(pairs.first)}, {names[1]} better {count(pairs.second)}, ties {count(pairs.ties)}"
    if pairs.by_rule:
        yield f"{count(pairs.by_rule)} of them by rule: the other answer failed."
    bias = pairs.position_bias
    if bias is not None and pairs.contradictions:
        side = "first" if bias >= 0 else "second"
        yield (
            f"{amount(pairs.contradictions, 'item')} left out because both orders contradict each other; position bias"
            f" {abs(bias):.0%} for the answer shown {side}"
        )
    if pairs.incomplete:
        yield f"{amount(pairs.incomplete, 'item')} left out because an order has no usable answer of the judge."


def unusable_words(unusable: Mapping[Verdict, int]) -> str:
    """Return which answers of the judge say nothing."""
    said = ", ".join(f"{count(number)} {_UNUSABLE[kind]}" for kind, number in unusable.items())
    return f"Answers of the judge that were not used: {said}."


def _range(interval: Interval | None) -> str:
    return f" ({CONFIDENCE:.0%} interval {interval.low:.2f} to {interval.high:.2f})" if interval else ""
