"""Show in a comparison what a judge said of each pair: `pair_verdicts`, `by_verdict`."""

from __future__ import annotations

from array import array
from enum import Enum, auto
from typing import TYPE_CHECKING

from batchtui.domain.results.judgment import WIN
from batchtui.text.safe import one_line
from batchtui.tui.rendering.spans import Line, Span, Tone, flow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.registry.results.pairs import ResultPairs
    from batchtui.services.workspace import Workspace

AT_ONCE = 2_000
"""Pairs that are looked up together."""
WON = {0.0: ("B got worse", Tone.BAD), 0.5: ("a tie", Tone.DIM), 1.0: ("B is better", Tone.GOOD)}
UNDECIDED = ("undecided", Tone.WARN)


class JudgedOrder(Enum):
    """How pairs are listed by what a judge said of them."""

    WORSE = auto()
    """Only those that B lost."""
    ALL = auto()
    """Those that B lost, then ties, then those it won, then the others."""


async def pair_verdicts(workspace: Workspace, first: str, second: str) -> Mapping[str, tuple[float | None, str]]:
    """Return by custom_id what the newest judge of two jobs says of the second: 0, 0.5 or 1, or None, and why."""
    judge = await workspace.registry.judges.newest_pair(first, second)
    if judge is None:
        return {}
    scores = await workspace.registry.judges.scores(judge, second)
    return {custom_id: (value, reason) for custom_id, criterion, value, reason in scores if criterion == WIN}


def by_verdict(
    pairs: ResultPairs,
    order: Sequence[int],
    verdicts: Mapping[str, tuple[float | None, str]],
    judged: JudgedOrder,
) -> Sequence[int]:
    """Return the numbers of pairs in the order of what the judge said; blocking."""
    groups: dict[float | None, array[int]] = {value: array("I") for value in (*WON, None)}
    for start in range(0, len(order), AT_ONCE):
        for pair in pairs.page(order[start : start + AT_ONCE]):
            value, _ = verdicts.get(pair.custom_id, (None, ""))
            groups[value].append(pair.number)
    if judged is JudgedOrder.WORSE:
        return groups[0.0]
    found = array("I")
    for group in groups.values():
        found.extend(group)
    return found


def verdict_line(value: float | None, reason: str, columns: int) -> list[Line]:
    """Return what the judge said of a pair, and why, on one line."""
    words, tone = UNDECIDED if value is None else WON[value]
    said = flow((Span(f"{words}  ", tone), Span(one_line(reason), Tone.DIM)), columns - 9)[:1]
    return [(Span(" judge  ", Tone.DIM), *part) for part in said]
