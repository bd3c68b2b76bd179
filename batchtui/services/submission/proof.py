"""Prove or refute by its results that a batch of the API is a part's: `prove`.

Only an ended batch has results, and only they say what is in it: custom_ids that were never sent are somebody else's,
and so is an answer of a model that was not asked for. Read to the end, since two files can begin with the same ids.
Where no answer names a model (all failed or were canceled), equal custom_ids prove nothing: many files count theirs.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import GatewayError, ResultsUnavailable, StorageError
from batchtui.domain.limits import RESULTS_KEPT
from batchtui.domain.submission.ids_digest import IdsDigest
from batchtui.domain.submission.send_evidence import Proof

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from batchtui.domain.batches.batch import Batch, RemoteBatch
    from batchtui.registry.requests.store import RequestReader
    from batchtui.results.line_parser import ResultLine
    from batchtui.services.workspace import Workspace

_DATE = re.compile(r"-(?:20\d{6}|latest|0)$")
"""What an alias of a model leaves out: `claude-haiku-4-5` is answered by `claude-haiku-4-5-20251001`."""


async def prove(workspace: Workspace, batch: Batch, remote: RemoteBatch) -> Proof:
    """Say what the results of a batch tell about whether it is this part's. Fetches them where it has ended.

    Results that cannot tell are remembered with the part, so that they are not fetched in every round.
    """
    if remote.state is not BatchState.ENDED:
        return Proof.NOT_YET
    if remote.archived_at is not None or workspace.clock.now() - remote.created_at >= RESULTS_KEPT:
        return Proof.IMPOSSIBLE
    try:
        try:
            with closing(workspace.registry.requests.reader(batch.job, batch.attempt)) as requests:
                proof = await _compare(_lines(workspace, remote.id), requests, batch.part)
        except StorageError:
            # Without the requests only their digest can be compared; a person may still know the batch.
            if not batch.ids_digest:
                return Proof.IMPOSSIBLE
            proof = await _compare_digest(_lines(workspace, remote.id), batch)
    except (ResultsUnavailable, GatewayError):
        return Proof.NOT_YET
    if proof is Proof.IMPOSSIBLE:
        await workspace.registry.verdicts.unprovable(batch.key, remote.id, cannot_tell(remote.id))
    return proof


def cannot_tell(batch_id: str) -> str:
    """Say in a sentence that the results of a batch do not tell whose it is."""
    return f"{batch_id} has the same custom_ids, and none of its results names a model, so it may be somebody else's."


async def _compare(lines: AsyncIterator[ResultLine], requests: RequestReader, part: int) -> Proof:
    """Compare results with the requests that were sent."""
    is_any, is_named = False, False
    async for line in lines:
        facts = requests.facts(line.custom_id)
        if facts is None and not line.is_readable:
            # Broken on its way, or from a server of another kind: it speaks neither for the part nor against it.
            continue
        # One line is enough to refute: the rest of the download is not read.
        if facts is None or facts.part != part or is_other_model(facts.model, line.model):
            return Proof.REFUTED
        is_any = True
        is_named = is_named or bool(line.model)
    if not is_any:
        return Proof.NOT_YET
    return Proof.CONFIRMED if is_named else Proof.IMPOSSIBLE


async def _compare_digest(lines: AsyncIterator[ResultLine], batch: Batch) -> Proof:
    """Compare results with what is kept of requests that are gone: their ids together, and the models of the job."""
    ids, is_named = IdsDigest(), False
    async for line in lines:
        if not line.is_readable:
            return Proof.NOT_YET
        if batch.models and all(is_other_model(asked, line.model) for asked in batch.models):
            return Proof.REFUTED
        ids.add(line.custom_id)
        is_named = is_named or bool(line.model)
    # One line more or less changes the digest: only all of them together say anything.
    if ids.count != batch.requests:
        return Proof.NOT_YET
    if ids.text() != batch.ids_digest:
        return Proof.REFUTED
    return Proof.CONFIRMED if is_named else Proof.IMPOSSIBLE


def is_other_model(asked: str | None, answered: str | None) -> bool:
    """Whether an answer is certainly not of the model that was asked for.

    Only between names of the API's own: a gateway may answer under a name of its choice.
    """
    if not asked or not answered or not (asked.startswith("claude-") and answered.startswith("claude-")):
        return False
    return _DATE.sub("", asked) != _DATE.sub("", answered)


async def _lines(workspace: Workspace, batch_id: str) -> AsyncIterator[ResultLine]:
    from batchtui.results.line_parser import parse_line

    gateway = await workspace.gateway()
    rest = b""
    async with gateway.results(batch_id) as blocks:
        async for block in blocks:
            # At line feeds only: U+2028 is legal inside a JSON string.
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                if line.strip():
                    yield parse_line(line)
    if rest.strip():
        yield parse_line(rest)
