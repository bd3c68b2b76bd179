"""Send the planned parts of a job in order, waiting out rate limits and looking for lost batches: `send_parts`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import AnswerLost, RateLimited, SpendLimitReached
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.submission import cache_priming, queue_room, reconcile, send

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

PATIENCE = 180.0
"""Seconds of rate limit that a submission waits out itself; a longer one leaves the part planned, for later."""
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds that a submission waits at least after the first, second … refusal of a part, whatever the server names."""
MOST_REFUSALS = 12
"""Refusals of one part that a submission waits out in a row, each with its whole body; then the part waits."""
MOST_TRIES = 100
"""Sends of one part in a row, those that a sleeping machine cut short among them: nothing of these has left whole."""
LOOKS = (1.0, 3.0, 6.0, 10.0)
"""Seconds between the looks for a lost batch that follow at once; what they do not settle waits for `resume`."""


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Something that a person who waits wants to know, with the batch that it is about."""

    kind: str
    """uploading, sent, waiting, looking, adopted, unknown, queued or account."""
    batch: Batch
    sent: int = 0
    """Bytes of the body that have left, while uploading."""
    seconds: float = 0.0
    """How long it will take, while waiting."""
    message: str = ""
    attempts: int = 0
    """How often the create of this part was refused in a row, while waiting."""


async def send_parts(
    workspace: Workspace, keys: Sequence[int], on_event: Callable[[SendEvent], None] | None = None
) -> bool:
    """Send planned parts in order. Stops early, returning False, where one stays open: unknown, or made to wait.

    Sending goes no further than an unknown part: the next one could not be told from it when it is looked for.

    Raises:
        OtherAccount, StorageError, CredentialsMissing, GatewayError: as `send` does; what was sent stays sent.
    """
    tell = on_event or (lambda _event: None)
    for key in keys:
        batch = await workspace.registry.batches.get(key)
        if batch.state is BatchState.PLANNED:
            if not await _send_part(workspace, key, tell):
                return False
        # An earlier part that is unknown or being sent by another process: what follows waits for it.
        elif not batch.state.is_at_api:
            return False
    return True


async def _send_part(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    """Send one part, however often a rate limit makes it wait. False where it stays open."""
    if (await workspace.registry.batches.get(key)).is_held:
        return False
    if await cache_priming.must_wait(workspace, await workspace.registry.batches.get(key)):
        tell(SendEvent("queued", await cache_priming.hold_back(workspace, key)))
        return False
    refusals = 0
    for _ in range(MOST_TRIES):
        if not await queue_room.has_room(workspace, await workspace.registry.batches.get(key)):
            return await _hold_back(workspace, key, tell)
        try:
            is_sent = await _send_once(workspace, key, tell)
            if is_sent is not None:
                return is_sent
        except SpendLimitReached:
            raise
        # Below `SpendLimitReached`, its subclass: trying again cannot raise a spend limit.
        except RateLimited as refusal:
            refusals += 1
            if not await _wait_out(workspace, key, refusal, tell, refusals):
                return False
    return False


async def _send_once(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool | None:
    """Send one part, and look for it where no response came. False where it stays open, None where to send it again."""
    try:
        batch = await send.send(workspace, key, lambda done: tell(SendEvent("uploading", done.batch, sent=done.sent)))
    except AnswerLost as error:
        if error.nothing_created:
            raise
        return await _look_for(workspace, key, tell)
    if batch.state.is_at_api:
        tell(SendEvent("sent", batch))
    if batch.state is BatchState.PLANNED and batch.not_before is not None and not batch.may_have_twin:
        # The machine slept before the last block had left: it is certain that nothing was created.
        return None
    # Another process may be at it: what comes after waits, as after an unknown part.
    return batch.state.is_at_api


async def _hold_back(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    tell(SendEvent("queued", await queue_room.hold_back(workspace, key)))
    return False


async def _wait_out(
    workspace: Workspace, key: int, refusal: RateLimited, tell: Callable[[SendEvent], None], refusals: int
) -> bool:
    """Wait until the API wants to be asked again, where that is soon. False where it is not, or the queue is full."""
    if await queue_room.learn_from_refusal(workspace, refusal):
        return await _hold_back(workspace, key, tell)
    batch = await workspace.registry.batches.get(key)
    named = (batch.not_before - workspace.clock.now()).total_seconds() if batch.not_before else 0.0
    wait = max(named, BACK_OFF[min(refusals, len(BACK_OFF)) - 1])
    if wait > PATIENCE or refusals == MOST_REFUSALS:
        tell(SendEvent("queued", batch, seconds=wait, message=batch.reason, attempts=refusals))
        return False
    tell(SendEvent("waiting", batch, seconds=wait, message=batch.reason, attempts=refusals))
    await workspace.clock.sleep(wait)
    return True


async def _look_for(workspace: Workspace, key: int, tell: Callable[[SendEvent], None]) -> bool:
    """Look for a part whose response was lost, a few times in a row. True where it was found."""
    for seconds in LOOKS:
        batch = await workspace.registry.batches.get(key)
        tell(SendEvent("looking", batch, seconds=seconds, message=batch.reason))
        await workspace.clock.sleep(seconds)
        try:
            [finding] = await reconcile.look_up(workspace, [batch])
        # The look itself failed; the part is as unknown as before, and the next look may succeed.
        except (AnswerLost, RateLimited):
            continue
        if finding.batch.state.is_at_api:
            tell(SendEvent("adopted", finding.batch))
            return True
        if finding.kind is not VerdictKind.WAIT:
            break
    tell(SendEvent("unknown", await workspace.registry.batches.get(key)))
    return False
