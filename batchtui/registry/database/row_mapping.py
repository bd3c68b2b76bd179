"""Turn rows of the registry into domain objects: `to_batch`, `to_summary`, `to_job`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.batch import Batch, BatchSummary, RequestCounts
from batchtui.domain.batches.job import Job
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import RegistryDamaged
from batchtui.registry.database.codecs import decode_time, text_list, text_money, text_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Row

# Columns by name and values by place: `sqlite3.Row` finds a name by comparing it with each column before it, so that
# reading 45 of them by name takes five times as long as making the batch.
_COLUMNS = (
    "b.key, b.revision, b.id, b.state, b.job_id, j.name, b.part, b.parts, b.attempt, b.requests, b.bytes,"
    " b.processing, b.succeeded, b.errored, b.canceled, b.expired, b.processing_status, b.created_at, b.ended_at,"
    " b.expires_at, b.cancel_initiated_at, b.archived_at, b.planned_at, b.submitted_at, b.sends, b.lost_at,"
    " b.refreshed_at, b.results, b.results_bytes, b.counts_moved, b.reason, b.not_before, j.models, j.tags, j.source,"
    " j.profile, b.workspace_id, j.api_version, j.betas, b.cost_estimate, b.cost_actual, j.note, b.outcomes,"
    " b.results_digest, b.accepted, b.cost_at_least, b.without_usage, b.organization_id, b.base_url, b.unproved,"
    " b.twin, b.ids_digest, b.reused, b.awaits, b.held"
)
BATCH_SELECT = f"SELECT {_COLUMNS} FROM batches AS b JOIN jobs AS j ON j.id = b.job_id"
SUMMARY_SELECT = """SELECT b.key, b.id, b.state, j.name, b.part, b.parts, b.attempt, b.requests,
 b.processing, b.succeeded, b.errored, b.canceled, b.expired, b.created_at, b.ended_at, b.planned_at, b.submitted_at,
 b.reason, j.models, b.cost_estimate, b.cost_actual, b.outcomes, b.cost_at_least, b.without_usage, b.accepted,
 b.reused
FROM batches AS b JOIN jobs AS j ON j.id = b.job_id"""
"""Half the columns, and a third of the time."""
_STATES = {state.value: state for state in BatchState}
_RESULTS = {state.value: state for state in ResultsState}
"""By their words: asking the enumeration costs more than everything else that is done with a value."""
_UNREADABLE = (KeyError, ValueError, TypeError, ArithmeticError)
"""What a value raises that SQLite takes and nobody can read."""

FITS, CHOSEN = 1, 2
"""What the column `unproved` says of a part's batch: that it fits, or that a person chose it. 0: it is proved."""


def to_batch(row: Row) -> Batch:
    """Read one row of `BATCH_SELECT`.

    Raises:
        RegistryDamaged: a value cannot be one.
    """
    try:
        return _to_batch(row)
    except _UNREADABLE as error:
        raise _damaged(row, error) from error


def to_summary(row: Row) -> BatchSummary:
    """Read one row of `SUMMARY_SELECT`.

    Raises:
        RegistryDamaged: a value cannot be one.
    """
    try:
        return _to_summary(row)
    except _UNREADABLE as error:
        raise _damaged(row, error) from error


def _damaged(row: Row, error: Exception) -> RegistryDamaged:
    return RegistryDamaged(
        # Named by its key: a disk that flips a bit spoils one row, and `--repair` leaves that one out.
        f"Row {row['key']} of the registry's batches cannot be read: {error}.",
        hint="`batchtui doctor --repair` rebuilds the registry without it.",
    )


def _to_summary(row: Iterable[Any]) -> BatchSummary:
    (
        _, batch_id, state, name, part, parts, attempt, requests, processing, succeeded, errored, canceled, expired,
        created_at, ended_at, planned_at, submitted_at, reason, models, cost_estimate, cost_actual, outcomes,
        cost_at_least, without_usage, accepted, reused,
    ) = row  # fmt: skip
    return BatchSummary(
        id=batch_id,
        state=_STATES[state],
        name=name,
        part=part,
        parts=parts,
        attempt=attempt,
        requests=requests,
        counts=RequestCounts(processing, succeeded, errored, canceled, expired),
        created_at=decode_time(created_at),
        ended_at=decode_time(ended_at),
        planned_at=decode_time(planned_at),
        submitted_at=decode_time(submitted_at),
        reason=reason,
        models=text_list(models),
        cost_estimate=text_money(cost_estimate),
        cost_actual=text_money(cost_actual),
        outcomes=text_outcomes(outcomes),
        cost_at_least=text_money(cost_at_least),
        without_usage=without_usage,
        accepted=accepted,
        is_reused=bool(reused),
    )


def _to_batch(row: Iterable[Any]) -> Batch:
    (
        key, revision, batch_id, state, job_id, name, part, parts, attempt, requests, size, processing, succeeded,
        errored, canceled, expired, processing_status, created_at, ended_at, expires_at, cancel_initiated_at,
        archived_at, planned_at, submitted_at, sends, lost_at, refreshed_at, results, results_bytes, counts_moved,
        reason, not_before, models, tags, source, profile, workspace_id, api_version, betas, cost_estimate, cost_actual,
        note, outcomes, results_digest, accepted, cost_at_least, without_usage, organization_id, base_url, unproved,
        twin, ids_digest, reused, awaits, held,
    ) = row  # fmt: skip
    return Batch(
        key=key,
        revision=revision,
        id=batch_id,
        state=_STATES[state],
        job=job_id,
        name=name,
        part=part,
        parts=parts,
        attempt=attempt,
        requests=requests,
        bytes=size,
        counts=RequestCounts(processing, succeeded, errored, canceled, expired),
        processing_status=processing_status,
        created_at=decode_time(created_at),
        ended_at=decode_time(ended_at),
        expires_at=decode_time(expires_at),
        cancel_initiated_at=decode_time(cancel_initiated_at),
        archived_at=decode_time(archived_at),
        planned_at=decode_time(planned_at),
        submitted_at=decode_time(submitted_at),
        sends=sends,
        lost_at=decode_time(lost_at),
        refreshed_at=decode_time(refreshed_at),
        results=_RESULTS[results],
        results_bytes=results_bytes,
        counts_moved=bool(counts_moved),
        reason=reason,
        not_before=decode_time(not_before),
        models=text_list(models),
        tags=text_list(tags),
        source=source,
        profile=profile,
        workspace_id=workspace_id,
        api_version=api_version,
        betas=text_list(betas),
        cost_estimate=text_money(cost_estimate),
        cost_actual=text_money(cost_actual),
        note=note,
        outcomes=text_outcomes(outcomes),
        results_digest=results_digest,
        accepted=accepted,
        cost_at_least=text_money(cost_at_least),
        without_usage=without_usage,
        organization_id=organization_id,
        base_url=base_url,
        is_unproved=bool(unproved),
        is_chosen=unproved == CHOSEN,
        may_have_twin=bool(twin),
        ids_digest=ids_digest,
        is_reused=bool(reused),
        awaits=awaits,
        is_held=bool(held),
    )


def to_job(row: Row) -> Job:
    """Read one row of the table of jobs.

    Raises:
        RegistryDamaged: a value cannot be one.
    """
    try:
        return _to_job(row)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise RegistryDamaged(
            f"Job {row['id']} of the registry cannot be read: {error}.",
            hint="`batchtui doctor --repair` rebuilds the registry without it.",
        ) from error


def _to_job(row: Row) -> Job:
    return Job(
        id=row["id"],
        name=row["name"],
        created_at=decode_time(row["created_at"]),
        source=row["source"],
        requests=row["requests"],
        bytes=row["bytes"],
        fingerprint=row["fingerprint"],
        models=text_list(row["models"]),
        tags=text_list(row["tags"]),
        profile=row["profile"],
        api_version=row["api_version"],
        betas=text_list(row["betas"]),
        note=row["note"],
    )
