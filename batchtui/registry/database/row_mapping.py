"""Turn rows of the registry into domain objects: `to_batch`, `to_job`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batch import Batch, RequestCounts
from batchtui.domain.errors import RegistryDamaged
from batchtui.domain.job import Job
from batchtui.domain.states import BatchState, ResultsState
from batchtui.registry.database.codecs import decode_time, text_list, text_money, text_outcomes

if TYPE_CHECKING:
    from sqlite3 import Row

BATCH_SELECT = """SELECT b.*, j.name, j.models, j.tags, j.source, j.profile, j.api_version, j.betas, j.note
FROM batches AS b JOIN jobs AS j ON j.id = b.job_id"""

FITS, CHOSEN = 1, 2
"""What the column `unproved` says of a part's batch: that it fits, or that a person chose it. 0: it is proved."""


def to_batch(row: Row) -> Batch:
    """Read one row of `BATCH_SELECT`.

    Raises:
        RegistryDamaged: a value cannot be one.
    """
    try:
        return _to_batch(row)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise RegistryDamaged(
            # Named by its key: a disk that flips a bit spoils one row, and `--repair` leaves that one out.
            f"Row {row['key']} of the registry's batches cannot be read: {error}.",
            hint="`batchtui doctor --repair` rebuilds the registry without it.",
        ) from error


def _to_batch(row: Row) -> Batch:
    return Batch(
        key=row["key"],
        revision=row["revision"],
        id=row["id"],
        state=BatchState(row["state"]),
        job=row["job_id"],
        name=row["name"],
        part=row["part"],
        parts=row["parts"],
        attempt=row["attempt"],
        requests=row["requests"],
        bytes=row["bytes"],
        counts=RequestCounts(row["processing"], row["succeeded"], row["errored"], row["canceled"], row["expired"]),
        processing_status=row["processing_status"],
        created_at=decode_time(row["created_at"]),
        ended_at=decode_time(row["ended_at"]),
        expires_at=decode_time(row["expires_at"]),
        cancel_initiated_at=decode_time(row["cancel_initiated_at"]),
        archived_at=decode_time(row["archived_at"]),
        planned_at=decode_time(row["planned_at"]),
        submitted_at=decode_time(row["submitted_at"]),
        sends=row["sends"],
        lost_at=decode_time(row["lost_at"]),
        refreshed_at=decode_time(row["refreshed_at"]),
        results=ResultsState(row["results"]),
        results_bytes=row["results_bytes"],
        counts_moved=bool(row["counts_moved"]),
        reason=row["reason"],
        not_before=decode_time(row["not_before"]),
        models=text_list(row["models"]),
        tags=text_list(row["tags"]),
        source=row["source"],
        profile=row["profile"],
        workspace_id=row["workspace_id"],
        api_version=row["api_version"],
        betas=text_list(row["betas"]),
        cost_estimate=text_money(row["cost_estimate"]),
        cost_actual=text_money(row["cost_actual"]),
        note=row["note"],
        outcomes=text_outcomes(row["outcomes"]),
        results_digest=row["results_digest"],
        accepted=row["accepted"],
        cost_at_least=text_money(row["cost_at_least"]),
        without_usage=row["without_usage"],
        organization_id=row["organization_id"],
        base_url=row["base_url"],
        is_unproved=bool(row["unproved"]),
        is_chosen=row["unproved"] == CHOSEN,
        may_have_twin=bool(row["twin"]),
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
