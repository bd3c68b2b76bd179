"""Two parts of a job, and what may become of the sends of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UnknownTarget
from batchtui.domain.submission.send_evidence import Account, Send, SendStart
from tests.registry.conftest import registry_in
from tests.support.builders import job, part, remote
from tests.support.clock import START

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry

HERE = Account("https://api.example", "org_1", "wrkspc_1")


THERE = replace(HERE, workspace="wrkspc_2")


SOON = START + timedelta(seconds=90)


BEGAN = SendStart(START + timedelta(seconds=3), START, 3.0, slack=timedelta(seconds=5), patience=timedelta(minutes=12))


async def planned(registry: Registry, parts: int = 2, account: Account | None = HERE) -> tuple[int, ...]:
    """A job of some parts, planned for an account."""
    return await registry.jobs.plan(job(), [part(number) for number in range(1, parts + 1)], account=account)


async def sending(registry: Registry, key: int, sender: str = "me") -> None:
    """Begin a send of a part, and mark it."""
    assert await registry.sends.claim(key, sender, SOON, BEGAN, HERE)
    assert await registry.sends.mark(key, sender, START + timedelta(seconds=4))


async def lost(registry: Registry, key: int) -> None:
    """Leave a part unknown."""
    await sending(registry, key)
    assert await registry.sends.answer_lost(key, "time-out", "me", ended=START + timedelta(seconds=9))


async def events(registry: Registry, key: int | None = None) -> list[str]:
    """What the journal tells of a batch, or of all."""
    return [entry.event for entry in await registry.journal.entries() if key in (None, entry.batch_key)]


async def whole(registry: Registry) -> tuple[list[Batch], list[list[Send]], list[str], list[dict[str, str]]]:
    """All that is known of all parts, to be compared before and after."""
    batches = [await registry.batches.get(key) for key in range(1, 4) if await _exists(registry, key)]
    keys = [batch.key for batch in batches]
    return (
        batches,
        [await registry.sends.sends_of(key) for key in keys],
        await events(registry),
        [await registry.verdicts.refuted_of(key) for key in keys],
    )


async def _exists(registry: Registry, key: int) -> bool:
    try:
        await registry.batches.get(key)
    except UnknownTarget:
        return False
    return True


async def column(registry: Registry, key: int, name: str) -> Any:
    row = await registry._database.one(f"SELECT {name} FROM batches WHERE key = ?", (key,))
    assert row is not None
    return row[0]


async def imported(registry: Registry, batch_id: str = "msgbatch_01X", **fields: Any) -> int:
    """A batch that `sync` brought in."""
    found = remote(batch_id, **fields)
    key = await registry.batches.add_foreign(found, job(f"job_{batch_id}", name=batch_id))
    assert key is not None
    return key


async def copy_of(folder: Path) -> Registry:
    """The registry of a folder, as a copy of the folder has it."""
    copy = folder.with_name(f"{folder.name}-copy")
    shutil.copytree(folder, copy)
    copied = registry_in(copy)
    await copied.open()
    return copied
