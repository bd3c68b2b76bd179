"""Show one batch, or a job with its batches: `show_target`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.cli.views.pilot import pilot_document, show_pilot
from batchtui.domain.batches.lineage import Lineage
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.text.sentences.lineage import lineage_document, lineage_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.cli.session import Session
    from batchtui.cli.views.json_documents import Document, Ends
    from batchtui.domain.costs.pilot_report import PilotReport
    from batchtui.domain.results.result import Outcome
    from batchtui.services.batches.targets import Target
    from batchtui.services.insights.warnings import BatchWarning
    from batchtui.services.workspace import Workspace

NO_LINEAGE = Lineage()
TO_COME = (ResultsState.NONE, ResultsState.PARTIAL)


async def reload(workspace: Workspace, target: Target) -> Target:
    """Return the target with its batches read again from the registry."""
    keys = [batch.key for batch in target.batches]
    return replace(target, batches=tuple(await workspace.registry.queries.page(keys)))


async def merged_outcomes(workspace: Workspace, target: Target) -> Mapping[Outcome, int] | None:
    """Return the outcomes of a job over its attempts: of each custom_id the latest success, else the latest outcome.

    None for a job with one attempt, and while an attempt is open.
    """
    if target.job is None or max(batch.attempt for batch in target.batches) == 1:
        return None
    # An open attempt may yet answer what failed before.
    if not all(batch.results is ResultsState.SAVED or batch.state.is_settled for batch in target.batches):
        return None
    if any(batch.state is BatchState.ENDED and batch.results in TO_COME for batch in target.batches):
        return None
    # Imported here: `status` of a job without a retry, the usual case, does not pay for it.
    from batchtui.services.retry.unresolved import counted_outcomes

    return await asyncio.to_thread(counted_outcomes, workspace.registry, target.batches)


async def ends(workspace: Workspace) -> Ends:
    """Return a function that forecasts the end of a running batch, from the history as it stands."""
    from batchtui.services.insights.forecast import load_forecaster

    now, history = workspace.clock.now(), await load_forecaster(workspace)
    return lambda batch: history.of(batch, now)


async def warnings_of(workspace: Workspace, target: Target) -> list[BatchWarning]:
    """Return the warnings about a target's batches, and those about no batch in particular."""
    from batchtui.services.insights.warnings import list_warnings

    keys = {batch.key for batch in target.batches}
    # Those about no batch (credentials, the clock) concern every batch that is asked about.
    return [one for one in await list_warnings(workspace) if one.batch is None or one.batch.key in keys]


def show_target(
    session: Session,
    target: Target,
    now: datetime,
    outcomes: Mapping[Outcome, int] | None = None,
    ends: Ends | None = None,
    warnings: Sequence[BatchWarning] = (),
    lineage: Lineage = NO_LINEAGE,
    pilot: PilotReport | None = None,
) -> None:
    """Write a target in full; `outcomes` as `merged_outcomes` counted them, `ends` forecasts."""
    if session.json:
        document = target_document(target, outcomes, ends)
        session.out.document(
            {
                **document, "lineage": lineage_document(lineage), "pilot": pilot_document(pilot),
                "warnings": warning_documents(warnings),
            }
        )  # fmt: skip
    elif target.job is None:
        [batch] = target.batches
        forecast = ends(batch) if ends else None
        session.out.lines(batch_views.batch_details(batch, now, session.out, forecast, lineage_words(lineage)))
    else:
        session.out.lines(
            batch_views.job_details(target.job, target.batches, target.counts, outcomes, lineage_words(lineage))
        )
        session.out.line()
        batch_views.show_batches(session.out, target.batches, now)
    show_pilot(session, pilot)
    if warnings and not session.json:
        session.out.line()
        session.out.lines(batch_views.warning_lines(warnings))


def target_document(
    target: Target, outcomes: Mapping[Outcome, int] | None = None, ends: Ends | None = None
) -> Document:
    """Write a batch, or a job with its batches and their counts together.

    `request_counts` counts a retried request once an attempt, `outcomes` once.
    """
    if target.job is None:
        return documents.batch_documents(target.batches, ends)[0]
    return {
        "job": documents.job_document(target.job, target.batches),
        "batches": documents.batch_documents(target.batches, ends),
        # The API's counts, attempt by attempt; the sum may exceed the number of requests.
        "request_counts": documents.counts_document(target.counts),
        "attempts": max(batch.attempt for batch in target.batches),
        "outcomes": None if outcomes is None else {str(outcome): number for outcome, number in outcomes.items()},
    }


def warning_documents(warnings: Sequence[BatchWarning]) -> list[Document]:
    """Write warnings as an array."""
    return [
        {
            "kind": warning.kind,
            "message": warning.message,
            "hint": warning.advice,
            "batch": warning.batch.id if warning.batch else None,
        }
        for warning in warnings
    ]
