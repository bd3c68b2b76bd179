"""Results that was stopped, or whose requests cannot be read any more: the disk is not filled, and nothing is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import ResultsDamaged
from batchtui.gateway import transport
from batchtui.gateway.parsing import MalformedResponse
from batchtui.services.polling.refresh import refresh_batches
from batchtui.services.results import collect as collect_service
from batchtui.services.results.collect import collect, most_bytes
from tests.support.workspaces import submit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace
    from tests.support.clock import TurnedClock


async def ended(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> Batch:
    submitted = await submit(workspace, tmp_path, 4)
    clock.turn(hours=3)
    await refresh_batches(workspace, submitted.batches)
    return await workspace.registry.batches.get(submitted.batches[0].key)


async def test_a_stream_that_is_longer_than_so_many_results_can_be_is_cut(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    monkeypatch.setattr(collect_service, "MOST_OF_ONE", 100)
    monkeypatch.setattr(collect_service, "MOST_BESIDE", 100)
    with pytest.raises(ResultsDamaged, match="was stopped"):
        await collect(workspace, batch)
    assert (await workspace.registry.batches.get(batch.key)).results is not ResultsState.SAVED


def test_the_limit_grows_with_the_requests_and_is_far_above_what_they_can_answer() -> None:
    longest_answer = 128_000 * 5
    assert most_bytes(3) > 3 * longest_answer
    assert most_bytes(100_000) > 100_000 * longest_answer
    assert most_bytes(3) < 100 << 20


@pytest.mark.parametrize("content", [b"", b"no database " * 500], ids=["emptied", "overwritten"])
async def test_results_are_saved_though_the_index_of_their_requests_is_damaged(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, content: bytes
) -> None:
    batch = await ended(workspace, tmp_path, clock)
    (workspace.paths.requests / batch.job / "1.db").write_bytes(content)
    assert (await collect(workspace, batch)).results is ResultsState.SAVED


async def test_a_list_that_comes_byte_by_byte_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dripping:
        async def aiter_bytes(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0)

    monkeypatch.setattr(transport, "LONGEST_BODY", 0.05)
    with pytest.raises(MalformedResponse, match="incomplete"):
        await transport._whole(Dripping())  # type: ignore[arg-type]
