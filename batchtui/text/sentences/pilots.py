"""Say what a pilot came to and what the rest of its job will cost: `pilot_lines`, `rest_words`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.costs.pilot_report import usd
from batchtui.domain.results.result import Outcome
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.costs.pilot_report import PilotReport


def pilot_lines(report: PilotReport, *, advice: bool = True) -> Iterator[str]:
    """Yield what became of a pilot, what its requests cost, and what the rest will; `advice`: and which commands do."""
    pilot = report.pilot
    said = [f"{count(report.outcomes[kind])} {OUTCOMES[kind].word}" for kind in Outcome if report.outcomes.get(kind)]
    yield f"pilot of {amount(pilot.requests, 'request')}: {', '.join(said) or 'no results'}"
    if report.cost is None:
        yield "  its cost is not known: no price, or answers without usage"
        return
    each = report.cost / pilot.requests
    expected = f", estimated {usd_fine(pilot.cost_estimate / pilot.requests)}" if pilot.cost_estimate else ""
    yield f"  cost {usd_fine(report.cost)}: {usd_fine(each)} a request{expected}"
    if report.cache_reads:
        yield f"  {report.cache_reads:.0%} of the input was read from the prompt cache"
    if report.waiting:
        yield f"  the other {amount(report.waiting, 'request')}: {rest_words(report)}"
    if report.waiting and advice:
        name = one_line(pilot.job)
        yield f"  `batchtui resume {name}` sends them; `batchtui cancel {name}` leaves them out"


def rest_words(report: PilotReport) -> str:
    """Say what the rest of a job will cost: about so much, between two amounts."""
    projected = report.projected
    if projected is None:
        return "cost unknown"
    likely = f"about {usd_fine(usd(projected.likely))}"
    if projected.low is None or projected.high is None:
        return f"{likely}; the pilot is too small for an interval"
    return f"{likely}, {usd_fine(usd(projected.low))} to {usd_fine(usd(projected.high))} with 90 % certainty"
