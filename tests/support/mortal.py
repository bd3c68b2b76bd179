"""Processes that die: workspaces that end in the middle of a step, as kill -9 would end them."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiosqlite

    from batchtui.domain.batches.batch import RemoteBatch
    from batchtui.gateway.protocol import ApiHeaders, Upload
    from batchtui.services.workspace import Workspace


class Killed(BaseException):
    """The process is no more. Nothing that handles errors may handle this, and nothing it still tries has an effect."""


@dataclass
class Fate:
    """When a process dies: at its n-th step, a step being before, within or after a commit or a send."""

    dies_at: int | None
    steps: int = 0
    is_dead: bool = False
    passed: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        """Pass a step, or die at it."""
        if self.is_dead:
            raise Killed
        self.steps += 1
        self.passed.append(name)
        if self.steps == self.dies_at:
            self.is_dead = True
            raise Killed


async def make_mortal(workspace: Workspace, fate: Fate) -> None:
    """Let this workspace die as its fate says. Afterwards it changes nothing any more, neither here nor at the API."""
    database = workspace.registry._database
    transaction = database.transaction

    @asynccontextmanager
    async def mortal_transaction() -> AsyncIterator[aiosqlite.Connection]:
        fate.step("before a commit")
        async with transaction() as tx:
            yield tx
            fate.step("within a commit")
        fate.step("after a commit")

    database.transaction = mortal_transaction  # type: ignore[method-assign]
    keep_house = workspace.keep_house

    async def mortal_keep_house() -> None:
        """A process that is no more tidies nothing up when its workspace is closed, and may die while it does."""
        if not fate.is_dead:
            with suppress(Killed):
                await keep_house()

    workspace.keep_house = mortal_keep_house  # type: ignore[method-assign]
    gateway = await workspace.gateway()
    create = gateway.create

    async def mortal_create(upload: Upload, dialect: ApiHeaders) -> RemoteBatch:
        fate.step("before a send")
        remote = await create(upload, dialect)
        fate.step("after a send")
        return remote

    gateway.create = mortal_create  # type: ignore[method-assign]
