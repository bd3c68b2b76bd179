"""Refuse a retry where requests are not kept, results are missing or words name nothing: `refuse_unkept`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import NothingToRetry, ResultsUnavailable, UsageError
from batchtui.domain.results.result import Outcome
from batchtui.services.retry.unresolved import MISSING, REJECTED, Unresolved

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.results.failure_groups import Kind
    from batchtui.services.batches.targets import Target
    from batchtui.services.workspace import Workspace

_PLAIN_NAME = re.compile(r"[\w.][\w.-]*")
WORDS = (*map(str, Outcome.failures()), MISSING, REJECTED)
"""What may be named beside the types of errors."""


def refuse_unkept(workspace: Workspace, target: Target) -> None:
    """Stop where there are no requests to send: before results are fetched for nothing. Raises `UsageError`."""
    if not workspace.registry.requests.has(target.batches[0].job):
        raise UsageError(
            f"The requests of {target.named} are not stored: it was created elsewhere, or they were deleted.",
            hint="`batchtui label ID --requests FILE` attaches the file that it was created from;"
            " `batchtui results ID --only errored` lists those that failed.",
        )


def refuse_unready(workspace: Workspace, batches: Sequence[Batch], within: Batch | None) -> None:
    """Stop while anything that decides what failed is still to come. Raises `UsageError`, `ResultsUnavailable`."""
    for batch in batches:
        # Other parts of the same attempt hold other requests; later attempts may hold the same.
        if within is not None and batch.key != within.key and batch.attempt <= within.attempt:
            continue
        _refuse_unsettled(workspace, batch)


def _refuse_unsettled(workspace: Workspace, batch: Batch) -> None:
    part = f"{batch.name}, part {batch.part} of attempt {batch.attempt}"
    if batch.state in (BatchState.PLANNED, BatchState.SUBMITTING, BatchState.UNKNOWN):
        raise UsageError(
            f"{part}, cannot be retried yet: it is {batch.state}.",
            hint="`batchtui resume` sends it, or looks for it at the API.",
        )
    if batch.state.is_running:
        raise ResultsUnavailable(
            f"{part}, is still in progress.", hint="`batchtui wait ID` waits for it and saves its results."
        )
    is_saved = batch.results is ResultsState.SAVED and workspace.registry.results.has(batch)
    if batch.state is BatchState.ENDED and not is_saved and batch.results is not ResultsState.GONE:
        raise ResultsUnavailable(
            f"The results of {batch.id or part} are not saved yet, so the failed requests are not known.",
            hint="`batchtui results ID` saves them.",
        )


def refuse_paused(only: Collection[str], kinds: Collection[Kind]) -> None:
    """Raise `UsageError` where paused answers are named: they have to be continued, and a retry starts over."""
    if Outcome.PAUSED in only or any(kind[0] is Outcome.PAUSED for kind in kinds):
        raise UsageError(
            "Paused answers cannot be retried: that would send the original request and pay for it twice,"
            " and the conversation would not continue.",
            hint="`batchtui continue ID` sends the conversations on, with these answers at their end.",
        )


def refuse_unknown_words(only: frozenset[str], found: Unresolved) -> None:
    """Stop where a word names no outcome, and no type of error that occurred. Raises `UsageError`."""
    types = {failed.group.error_type for failed in found.failed}
    for word in sorted(only):
        if word not in WORDS and word not in types:
            raise UsageError(
                f'"{word}" is neither an outcome nor an error type of this job.',
                hint=f"Use {', '.join(WORDS)}, or an error type that occurred.",
            )


def nothing_to_retry(
    job: Job, found: Unresolved, custom_ids: frozenset[str] | None = None, *, was_rejected_asked: bool = False
) -> NothingToRetry:
    """Return why nothing is sent again, of the job or of these requests of it, with what is open besides."""
    # What is open is named, so that the person can name it with --only.
    left = [f"{failed.group.count:,} {failed.group.error_type or failed.group.outcome}" for failed in found.failed]
    if found.missing:
        left.append(f"{found.missing:,} without a result")
    if found.away:
        left.append(f"{found.away:,} of batches not found at the API")
    if was_rejected_asked:
        return NothingToRetry(
            f"No answer of {job.name} is rejected in a review, or each was retried since.",
            hint="`batchtui review JOB` reviews them: a mark about an earlier answer does not count.",
        )
    if not left:
        if custom_ids is not None and not found.succeeded:
            return NothingToRetry(f"{job.name} has no requests with these custom_ids.")
        if custom_ids is not None:
            return NothingToRetry("All of the named requests have succeeded.")
        return NothingToRetry(f"All {found.succeeded:,} requests of {job.name} have succeeded.")
    return NothingToRetry(f"Nothing to retry by default in {job.name}: {', '.join(left)}.", hint=_advise(job, found))


def _advise(job: Job, found: Unresolved) -> str:
    """Return which command retries what is left, beginning with what a higher limit cures."""
    outcomes = {failed.group.outcome for failed in found.failed}
    # A name with spaces or quotes would have to be quoted for the shell at hand.
    job_name = job.name if _PLAIN_NAME.fullmatch(job.name) else job.id
    if Outcome.TRUNCATED in outcomes:
        return f"`batchtui retry {job_name} --max-tokens N` sends the truncated ones again with a higher limit."
    named = [
        failed.group.error_type or str(failed.group.outcome)
        for failed in found.failed
        if failed.group.outcome is not Outcome.PAUSED
    ]
    if found.missing:
        named.append(MISSING)
    if named:
        return f"`batchtui retry {job_name} --only {named[0]}` sends them again anyway."
    if outcomes:
        return f"`batchtui continue {job_name}` sends the paused conversations on."
    return f"`batchtui status {job_name}` shows its batches."
