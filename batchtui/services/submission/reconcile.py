"""Settling what a lost answer left open: look at the API, adopt what is found, prove what is absent. Never send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from batchtui.domain.errors import GatewayError, ResultsUnavailable
from batchtui.domain.limits import CLOCK_SKEW_ALLOWED
from batchtui.domain.states import BatchState
from batchtui.runtime import process_identity as process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batch import Batch, RemoteBatch
    from batchtui.services.workspace import Workspace

LONGEST_SEND = timedelta(hours=1)
"""How long after a send began its batch may have been created; a later one is somebody else's."""
DEFAULT_GRACE = timedelta(seconds=60)
"""How long the API may take to show a new batch, before its absence proves anything."""
SAMPLE = 20
"""How many custom_ids of its results confirm or refute a candidate."""


class Verdict(StrEnum):
    """What a look at the API told about one unknown part."""

    ADOPTED = "adopted"
    """Exactly one batch fits: it is this part's."""
    ABSENT = "absent"
    """None fits, and the grace time is over: it may be sent again, with consent."""
    TOO_EARLY = "too_early"
    """None fits yet, and the API may still be about to show it."""
    AMBIGUOUS = "ambiguous"
    """More than one pairing is possible: a person has to decide."""
    SETTLED = "settled"
    """Somebody else settled it meanwhile."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The verdict on one part, with the batches that could be it."""

    batch: Batch
    verdict: Verdict
    candidates: tuple[RemoteBatch, ...] = ()
    wait: float = 0.0
    """Seconds until the grace time is over."""


async def recover(workspace: Workspace) -> list[int]:
    """Turn parts whose sender has died in the middle of sending into `unknown` ones. Returns their keys."""
    found: list[int] = []
    for batch in await workspace.registry.views.in_states(BatchState.SUBMITTING):
        sender, until = await workspace.registry.sendings.sender_of(batch.key)
        if sender == workspace.name:
            continue
        gone = process.is_gone(sender) if sender else True
        if gone is None:
            gone = until is None or until <= workspace.clock.now()
        if gone and await workspace.registry.sendings.sender_died(batch.key, sender):
            found.append(batch.key)
    return found


async def look_up(
    workspace: Workspace, batches: Sequence[Batch], grace: timedelta = DEFAULT_GRACE
) -> list[Reconciliation]:
    """Look for unknown parts among the newest batches of the API, and adopt those that fit beyond doubt.

    A candidate is a batch that the registry does not know, with the same number of requests, created since the send
    began (clocks may differ by a few minutes). The parts are settled together: a batch that could be either of two
    parts is neither's, unless its results tell.

    Raises:
        GatewayError: where the API cannot be asked.
    """
    if not batches:
        return []
    strangers = await _strangers(workspace, batches)
    all_unknown = await workspace.registry.views.in_states(BatchState.UNKNOWN)
    fitting = {
        batch.key: tuple(remote for remote in strangers if _fits(workspace, batch, remote)) for batch in all_unknown
    }
    return [await _judge(workspace, batch, fitting, grace) for batch in batches]


async def adopt(workspace: Workspace, batch: Batch, remote: RemoteBatch) -> bool:
    """Take a batch of the API for this part, on a person's word. False where somebody settled it meanwhile."""
    return await workspace.registry.sendings.adopt(batch.key, remote, workspace.workspace_id)


async def release(workspace: Workspace, batch: Batch) -> bool:
    """Take an unknown part for never created, on proof or a person's word: it may be sent again.

    False where the proof is stale: somebody settled the part meanwhile, or sent it once more.
    """
    return await workspace.registry.sendings.proved_absent(
        batch.key, batch.sends, "The API does not show it: it may be sent again."
    )


async def _strangers(workspace: Workspace, batches: Sequence[Batch]) -> list[RemoteBatch]:
    """List the newest batches that the registry does not know, back to the earliest of these sends."""
    gateway = await workspace.gateway()
    found: list[RemoteBatch] = []
    after: str | None = None
    while True:
        page = await gateway.list_page(after_id=after)
        known = await workspace.registry.views.known_ids([remote.id for remote in page.batches])
        found.extend(remote for remote in page.batches if remote.id not in known)
        earliest = min(_began(workspace, batch) for batch in batches) - CLOCK_SKEW_ALLOWED
        if not page.has_more or not page.batches or page.batches[-1].created_at < earliest:
            return found
        after = page.last_id


def _began(workspace: Workspace, batch: Batch) -> datetime:
    """When the send began, on the API's clock as far as that is known."""
    began = batch.submitted_at or batch.planned_at
    return began + (workspace.clock_skew or timedelta())


def _fits(workspace: Workspace, batch: Batch, remote: RemoteBatch) -> bool:
    began = _began(workspace, batch)
    return (
        remote.counts.total == batch.requests
        and began - CLOCK_SKEW_ALLOWED <= remote.created_at <= began + LONGEST_SEND
    )


async def _judge(
    workspace: Workspace, batch: Batch, fitting: Mapping[int, tuple[RemoteBatch, ...]], grace: timedelta
) -> Reconciliation:
    candidates = fitting.get(batch.key)
    if candidates is None:
        return Reconciliation(await workspace.registry.batches.get(batch.key), Verdict.SETTLED)
    if not candidates:
        passed = workspace.clock.now() - (batch.lost_at or batch.submitted_at or batch.planned_at)
        wait = (grace - passed).total_seconds()
        return Reconciliation(batch, Verdict.TOO_EARLY if wait > 0 else Verdict.ABSENT, (), max(wait, 0.0))
    chosen = await _choose(workspace, batch, candidates, fitting)
    if chosen is None:
        return Reconciliation(batch, Verdict.AMBIGUOUS, candidates)
    if not await adopt(workspace, batch, chosen):
        return Reconciliation(await workspace.registry.batches.get(batch.key), Verdict.SETTLED)
    return Reconciliation(await workspace.registry.batches.get(batch.key), Verdict.ADOPTED, (chosen,))


async def _choose(
    workspace: Workspace,
    batch: Batch,
    candidates: tuple[RemoteBatch, ...],
    fitting: Mapping[int, tuple[RemoteBatch, ...]],
) -> RemoteBatch | None:
    wanted_by_others = {remote.id for key, others in fitting.items() if key != batch.key for remote in others}
    if len(candidates) == 1 and candidates[0].id not in wanted_by_others:
        return candidates[0]
    for remote in candidates:
        if remote.state is BatchState.ENDED and await holds_answers_of(workspace, batch, remote.id):
            return remote
    return None


async def holds_answers_of(workspace: Workspace, batch: Batch, batch_id: str) -> bool:
    """Whether the first results of a batch at the API answer the requests of this part."""
    job, _ = await workspace.registry.sendings.body_of(batch.key)
    try:
        sample = await _sample_custom_ids(workspace, batch_id)
    except (ResultsUnavailable, GatewayError):
        return False
    with workspace.registry.requests.reader(job, batch.attempt) as requests:
        return bool(sample) and all(
            (facts := requests.facts(custom_id)) is not None and facts.part == batch.part for custom_id in sample
        )


async def _sample_custom_ids(workspace: Workspace, batch_id: str) -> list[str]:
    from batchtui.results.line_parser import parse_line

    gateway = await workspace.gateway()
    rest = b""
    sample: list[str] = []
    async with gateway.results(batch_id) as blocks:
        async for block in blocks:
            *lines, rest = (rest + block).split(b"\n")
            sample.extend(parse_line(line).custom_id for line in lines if line.strip())
            if len(sample) >= SAMPLE:
                return sample[:SAMPLE]
    if rest.strip():
        sample.append(parse_line(rest).custom_id)
    return sample
