"""Say what the pilot of a job has cost, how its answers are, and what the rest will cost: `report_pilot`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.costs.pilot import PilotRow, project
from batchtui.domain.costs.pilot_report import PilotReport
from batchtui.domain.results.usage import Usage
from batchtui.pricing.result_pricer import result_cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import ResultFacts
    from batchtui.domain.submission.request import RequestFacts
    from batchtui.services.workspace import Workspace


def pilot_of(batches: Sequence[Batch]) -> Batch | None:
    """Return the pilot among the batches of a job; None where it has none."""
    return next((batch for batch in batches if batch.is_pilot and batch.attempt == 1), None)


async def report_pilot(workspace: Workspace, job: str) -> PilotReport | None:
    """Report on the pilot of a job; None where it has none, or its results are not saved yet.

    Raises:
        StorageError: its requests or results cannot be read.
    """
    batches = await workspace.registry.queries.of_job(job)
    pilot = pilot_of(batches)
    if pilot is None or pilot.results is not ResultsState.SAVED:
        return None
    rest = tuple(batch for batch in batches if batch.attempt == 1 and not batch.is_pilot)
    return await asyncio.to_thread(_report, workspace, pilot, rest)


def _report(workspace: Workspace, pilot: Batch, rest: tuple[Batch, ...]) -> PilotReport:
    day = (pilot.created_at or pilot.planned_at).date()
    rows: list[PilotRow] = []
    cost: Decimal | None = Decimal()
    usage = Usage()

    def price(facts: ResultFacts, request: RequestFacts, used: Usage) -> Decimal | None:
        found = result_cost(workspace.prices, day, "succeeded", facts.model or request.model, used, facts.geography)
        return found.total if found else None

    with (
        workspace.registry.results.reader(pilot) as results,
        workspace.registry.requests.reader(pilot.job, pilot.attempt) as requests,
    ):
        outcomes = dict(results.by_outcome)
        for facts in results.page(list(results.order())):
            request = requests.facts(facts.custom_id)
            if request is None:
                continue
            usage += facts.usage
            paid = price(facts, request, facts.usage) if facts.result_type == "succeeded" else Decimal()
            limit = price(facts, request, _at_its_limit(facts.usage, request.max_tokens))
            # One answer without a price makes the sum unknown; left out, it would look free.
            cost = None if cost is None or paid is None else cost + paid
            rows.append(PilotRow(float(paid or 0), request.length, float(limit or paid or 0)))
    number, length = sum(batch.requests for batch in rest), sum(batch.bytes for batch in rest)
    projected = None if cost is None else project(rows, number, length)
    read = usage.cache_read_tokens / usage.total_input if usage.total_input else 0.0
    return PilotReport(pilot, rest, outcomes, cost, projected, read)


def _at_its_limit(usage: Usage, max_tokens: int | None) -> Usage:
    return replace(usage, output_tokens=max(usage.output_tokens, max_tokens or 0))
