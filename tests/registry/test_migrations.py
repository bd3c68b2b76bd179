"""A registry as earlier versions left it opens, keeps everything, and takes nothing of it for certain."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from batchtui.domain.send_evidence import SendEnd
from batchtui.domain.states import BatchState
from batchtui.registry.registry import Registry
from tests.support.clock import TurnedClock

OLD = Path(__file__).parent / "before_evidence.sql"
"""A registry as the version before `sends` made it: a job in each state in which a send can leave it."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "registry.db") as connection:
        connection.executescript(OLD.read_text())
    connection.close()
    return tmp_path


async def test_a_registry_of_the_version_before_keeps_everything_and_its_sends_become_evidence(old: Path) -> None:
    registry = Registry(old / "registry.db", old / "requests", old / "results", clock=TurnedClock(), holder="me")
    await registry.open()
    try:
        batches = {batch.name: batch for batch in await registry.views.select()}
        states = {name: batch.state for name, batch in batches.items()}
        ends = {name: [send.end for send in await registry.sendings.sends_of(b.key)] for name, b in batches.items()}
        marks = [await registry.sendings.sends_of(batches[name].key) for name in ("sending", "unknown")]
    finally:
        await registry.close()
    assert states == {
        "planned": BatchState.PLANNED,
        "sending": BatchState.SUBMITTING,
        "unknown": BatchState.UNKNOWN,
        "running": BatchState.IN_PROGRESS,
        "adopted": BatchState.IN_PROGRESS,
        "refused": BatchState.PLANNED,
    }
    assert ends == {
        "planned": [],
        "sending": [None],
        "unknown": [SendEnd.UNANSWERED],
        "running": [SendEnd.CREATED],
        "adopted": [SendEnd.UNANSWERED],
        "refused": [SendEnd.REFUSED],
    }
    assert all(send.may_have_created for sends in marks for send in sends)
    assert batches["adopted"].is_unproved
    assert not batches["running"].is_unproved
    assert all(batch.account is None for batch in batches.values())
    assert all((batch.tags, batch.note) == (("eval",), "kept") for batch in batches.values())
