"""Show the steps of the demo one by one, until their key was tried or their time is up: `Tour`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.runtime.clock import sleep_until_any
from batchtui.tui.hints.guide import Hint

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from batchtui.cli.demo.director import Director
    from batchtui.tui.commands.table import Scope

PATIENCE = 24.0
"""Seconds after which the next step follows if its key is not tried."""
APPLAUSE = 3.0
"""Seconds in which one sees what came of the key, before the next step."""
DELAY = 45.0
"""Seconds that a step waits at most for the batch that it is about."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the story: what happens behind the scene, what is said, and the key to try."""

    id: str
    said: str
    command: str = ""
    does: str = ""
    scene: Callable[[Director], Awaitable[None]] | None = None
    """What is made to happen as the step begins; None where something is only shown."""
    needs: str = ""
    """The name of the batch that this step is about."""
    needs_end: bool = True
    """Whether that has to have ended before this can be said; else it has to be at the API."""
    patience: float = PATIENCE
    place: Scope | None = None
    """The screen on which to try the key; None for every screen on which it works."""


class Tour:
    """A `Guide` that goes through the steps on the workspace's clock. Its scenes act at the API, as others would."""

    def __init__(self, backstage: Director, steps: Sequence[Step], *, speed: float = 1.0) -> None:
        self._backstage = backstage
        self._speed = speed
        self._steps = steps
        self._passed = asyncio.Event()
        self._is_over = False
        self._changed: Callable[[], None] = lambda: None
        self._scenes: set[asyncio.Task[None]] = set()
        self.step: Step | None = None
        """Where the story is; None before its beginning and after its end."""
        self._hint: Hint | None = None
        self._waiting: tuple[Step, str] | None = None
        """The next step and its chip, while it waits for a batch."""

    @property
    def hint(self) -> Hint | None:
        """The hint of the present step; None once the tour was dismissed."""
        return None if self._is_over else self._hint

    def followed(self, command_id: str) -> None:
        """Go on, having been followed."""
        if self.step is not None and self._hint is not None and _is_same(command_id, self.step.command):
            self._hint = replace(self._hint, is_done=True)
            self._changed()
            self._passed.set()

    def skip(self) -> None:
        """Go on at once; while the next step waits for a batch, say so."""
        if self._waiting is not None:
            step, chip = self._waiting
            until = "has ended" if step.needs_end else "is at the API"
            said = f"The next step waits until `{step.needs}` {until}. It appears by itself."
            self._hint = Hint(f"{step.id}-waits", chip, said)
            self._changed()
        self._passed.set()

    def dismiss(self) -> None:
        """Say nothing more; what happens goes on happening."""
        self._is_over = True
        self._changed()

    async def run(self, changed: Callable[[], None]) -> None:
        """Tell the story from its beginning to its end."""
        self._changed = changed
        try:
            for number, step in enumerate(self._steps, 1):
                await self._tell(step, f"tour {number}/{len(self._steps)}")
            self._hint = self.step = None
            changed()
            await asyncio.gather(*self._scenes)
        finally:
            for scene in self._scenes:
                scene.cancel()
            await asyncio.gather(*self._scenes, return_exceptions=True)

    async def _tell(self, step: Step, chip: str) -> None:
        if step.needs:
            self._waiting = (step, chip)
            try:
                await self._backstage.until_there(step.needs, DELAY, ended=step.needs_end)
            finally:
                self._waiting = None
        if step.scene is not None:
            # A task, as a scene may take longer than its step, such as one in which an answer is lost and looked for.
            scene = asyncio.create_task(_played(step.scene(self._backstage)), name=f"scene-{step.id}")
            self._scenes.add(scene)
            scene.add_done_callback(self._scenes.discard)
        self.step, self._hint = step, Hint(step.id, chip, step.said, step.command, step.does, step.place)
        self._passed.clear()
        self._changed()
        await self._wait(step.patience)
        if self._hint.is_done:
            await self._wait(APPLAUSE)

    async def _wait(self, seconds: float) -> None:
        """Wait so long, or until the story is to go on."""
        # The workspace's clock, which tests turn; `speed` is the simulator's, so that step and scene stay together.
        await sleep_until_any(self._backstage.workspace.clock, seconds / self._speed, self._passed)


def _is_same(command_id: str, wanted: str) -> bool:
    """Return whether a command is the wanted one, or its equivalent on the screen of a batch."""
    return command_id == wanted or f"batches.{command_id.removeprefix('batch.')}" == wanted


async def _played(scene: Awaitable[None]) -> None:
    """Play a scene; the failures in it are part of the story, and the dashboard shows them."""
    with suppress(BatchtuiError):
        await scene
