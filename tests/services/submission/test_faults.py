"""The fault matrix: every way the answer to a create can be lost, delayed or garbled, with one part and with three.

The judge is the service's own account: after `resume` it holds each custom_id exactly once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchtuiError
from batchtui.gateway.sdk import Patience
from batchtui.services.submission.resume import resume
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.simulator import Fault
from tests.support.builders import requests
from tests.support.marks import every
from tests.support.workspaces import all_batches, sent_custom_ids, submit

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

STATUSES = (400, 401, 403, 404, 408, 409, 413, 425, 429, 500, 502, 503, 504, 529)
LOST = [{"kind": "lost_before"}, {"kind": "lost_after"}]
GARBLED = [
    {"kind": "garbled", "after": after, "body": body}
    for after in (False, True)
    for body in ("", "{", "null", "[]", '{"id": 7}', '{"id": "msgbatch_01x"}', "<html></html>", '{"type": "error"}')
]
REFUSED = [{"kind": "status", "status": status, "after": after} for status in STATUSES for after in (False, True)]
DELAYED = [{"kind": "delayed", "seconds": 0.02, "after": after} for after in (False, True)]
FAULTS: list[dict[str, Any]] = [*LOST, *GARBLED, *REFUSED, *DELAYED]
IMPATIENT, TOO_LATE = Patience(create=0.3), 0.6
"""Seconds; only here does a test wait for real time, as it is a socket's time that is up."""


async def yes(_: Reconciliation) -> bool:
    return True


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("fault", every(6, FAULTS), ids=lambda fault: "-".join(map(str, fault.values())))
async def test_whatever_becomes_of_an_answer_each_request_is_there_once_after_resuming(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, fault: dict[str, Any], parts: int
) -> None:
    """A definite refusal that came after the work was done is no answer of this service; it is tried all the same."""
    simulator.world.faults.add(Fault(on="create", skip=parts // 2, **fault))
    try:
        await submit(workspace, tmp_path, 2 * parts, intake=IntakeOptions(max_requests=2))
    except BatchtuiError:
        assert [batch for batch in await all_batches(workspace) if batch.state is BatchState.PLANNED]

    for _ in range(3):
        clock.turn(minutes=10)
        await resume(workspace, consent=yes)

    if _lies(fault):
        assert set(sent_custom_ids(simulator)) == {item["custom_id"] for item in requests(2 * parts)}
        return
    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(2 * parts)]
    assert {batch.state for batch in await all_batches(workspace)} == {BatchState.IN_PROGRESS}
    assert {batch.id for batch in await all_batches(workspace)} == {created.id for created in simulator.world.batches}


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("after", [False, True], ids=["created-late", "created-at-once"])
async def test_an_answer_that_comes_too_late_is_looked_for_and_nothing_is_sent_twice(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch,
    after: bool, parts: int,
) -> None:  # fmt: skip
    """Nobody waits any more when the service gets round to it: what it creates then is found, too."""
    monkeypatch.setattr("batchtui.gateway.anthropic_client.Patience", lambda: IMPATIENT)
    simulator.world.faults.add(Fault(on="create", skip=parts // 2, kind="delayed", seconds=TOO_LATE, after=after))
    await submit(workspace, tmp_path, 2 * parts, intake=IntakeOptions(max_requests=2))
    while len(simulator.world.batches) <= parts // 2:
        await asyncio.sleep(0.01)

    for _ in range(3):
        clock.turn(minutes=10)
        await resume(workspace, consent=yes)

    assert sent_custom_ids(simulator) == [item["custom_id"] for item in requests(2 * parts)]
    assert {batch.id for batch in await all_batches(workspace)} == {created.id for created in simulator.world.batches}


def _lies(fault: dict[str, Any]) -> bool:
    """Whether the service says that nothing was created although something was: against that nobody can do anything."""
    return bool(fault.get("after")) and fault.get("status") in (400, 401, 403, 404, 413, 429)
