"""Say what the next turn of conversations is, what it costs, and what is left: `kind_lines`.

The command line and the dashboard ask with the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

_WHY = {
    "paused": "paused, continued",
    "tool_use": "called tools, continued with the results",
    "truncated": "truncated, continued",
    "repeated": "failed at the service, sent again",
}
"""What became of the last turn, and what is done about it."""


def kind_lines(kinds: Mapping[str, int]) -> Iterator[str]:
    """Yield how many conversations go on after what."""
    for kind, number in sorted(kinds.items()):
        yield f"{count(number)} {_WHY[kind]}"


def left_line(number: int, why: str, example: str) -> str:
    """Return why some conversations are not continued, with one of them."""
    return f"skip: {count(number)} ({one_line(example)}{', …' if number > 1 else ''}): {one_line(why)}"


def spent_line(usd: Decimal, unknown: int, limit: Decimal | None) -> str:
    """Return what the turns so far have cost, and the limit where there is one."""
    beside = f" and {amount(unknown, 'batch', 'batches')} of unknown cost" if unknown else ""
    most = f" of {usd_fine(limit)} (--max-cost)" if limit is not None else ""
    return f"all turns so far: {usd_fine(usd)}{beside}{most}"


def calls_line(names: Mapping[str, int]) -> str:
    """Return which tools are run, and how often."""
    calls = ", ".join(f"{one_line(name)} × {count(number)}" for name, number in sorted(names.items()))
    return f"run {amount(sum(names.values()), 'tool call')}: {calls}"


def rerun_question(conversations: int) -> str:
    """Return the question whether interrupted calls of tools are run again."""
    words = amount(conversations, "conversation")
    return f"{words} wait for a tool call that was started and never finished. Run such calls again?"
