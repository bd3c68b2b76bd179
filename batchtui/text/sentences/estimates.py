"""Write an estimate as a range, with what it rests on: `estimate_lines`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, percent, short
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.costs.estimate import Bounds, Estimate, Grounds


def range_words(bounds: Bounds) -> str:
    """Format a range: `$0.12 to $4.10`, or with a history `$1.70 to $2.20, likely $1.90; at most $4.10`.

    An unknown bound is written as unknown.
    """
    if bounds.low is None:
        return usd_fine(None)
    if bounds.high is not None:
        most = "no known upper bound" if bounds.at_most is None else f"at most {usd_fine(bounds.at_most)}"
        return f"{_range(usd_fine(bounds.low), usd_fine(bounds.likely), usd_fine(bounds.high))}; {most}"
    said = (
        f"at least {usd_fine(bounds.low)}"
        if bounds.at_most is None
        else f"{usd_fine(bounds.low)} to {usd_fine(bounds.at_most)}"
    )
    return said if bounds.likely is None else f"{said}, likely {usd_fine(bounds.likely)}"


def figure_words(bounds: Bounds) -> str:
    """Format one figure and its bound, for a screen or a question: `about $0.004, at most $0.012`."""
    if bounds.likely is None and bounds.at_most is None:
        return f"{usd_fine(None)} cost"
    if bounds.likely is None or bounds.likely == bounds.at_most:
        return f"at most {usd_fine(bounds.at_most)}"
    most = f", at most {usd_fine(bounds.at_most)}" if bounds.at_most is not None else ""
    return f"about {usd_fine(bounds.likely)}{most}"


def about_words(bounds: Bounds) -> str:
    """Return one figure and its bound for the title of a question: `, about $0.004, at most $0.012`; or nothing."""
    return "" if bounds.likely is None and bounds.at_most is None else f", {figure_words(bounds)}"


def _range(low: str, likely: str, high: str) -> str:
    """Format a range with its likely value; where both ends are equal, only that."""
    # After rounding: a range from $0.10 to $0.10 looks like a mistake.
    return f"likely {likely}" if low == high else f"{low} to {high}, likely {likely}"


def estimate_lines(estimate: Estimate) -> Iterator[str]:
    """Yield what requests will cost, what they would cost without a batch, and what that rests on."""
    yield f"estimated cost: {range_words(estimate.cost)}"
    if estimate.standard.low is not None:
        yield f"  at standard prices: {range_words(estimate.standard)}"
    yield f"  {input_words(estimate)}"
    for note in estimate.counted.notes if estimate.counted else ():
        yield f"  {one_line(note)}"
    yield f"  {output_words(estimate)}"
    for reason in estimate.unbounded:
        yield f"  {one_line(reason)}"


def input_words(estimate: Estimate) -> str:
    """Format the length of the prompts, and how it is known."""
    low, likely, high = estimate.input_tokens
    said = f"input about {short(likely)} tokens ({short(low)} to {short(high)})"
    counted = estimate.counted
    if counted is None or not counted.of:
        learnt = " and from earlier batches" if estimate.grounds and estimate.grounds.corrects_input else ""
        return f"{said}, estimated from their size{learnt}"
    margin = f", ± {percent(estimate.margin)}" if estimate.margin is not None else ""
    return f"{said}, from the API's count of {counted.requests:,} of {amount(counted.of, 'request')}{margin}"


def output_words(estimate: Estimate) -> str:
    """Format how many tokens may be written, and how that is known."""
    likely, at_most = estimate.output_tokens
    if likely is None:
        return f"output up to {short(at_most)} tokens; no history yet"
    low, high = estimate.output_range or (likely, likely)
    written = _range(short(low), short(likely), short(high))
    return f"output {written} tokens, {_grounds_words(estimate.grounds)}; at most {short(at_most)}"


def _grounds_words(grounds: Grounds | None) -> str:
    """Format what a likely figure rests on: `from 3 earlier batches of this template`."""
    if grounds is None:
        return "from earlier batches"
    return f"from {amount(grounds.batches, 'earlier batch', 'earlier batches')} of this {grounds.likeness}"
