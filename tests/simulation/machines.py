"""Machines: each with a clock of its own, a disk, a home or several, and the processes that run on it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.loop import Process, current
from tests.simulation.sqlite import Disk
from tests.simulation.world import BEGINNING

if TYPE_CHECKING:
    from tests.simulation.loop import VirtualLoop


class Machine:
    """A machine. Its clock may be wrong and jump; while it sleeps nothing of it runs."""

    def __init__(self, name: str, loop: VirtualLoop, *, offset: float, counts_sleep: bool, tells_starts: bool) -> None:
        self.name = name
        self.loop = loop
        self.offset = offset
        """Seconds that its clock is ahead of the true time."""
        self.counts_sleep = counts_sleep
        """Whether its monotonic clock goes on while it stands still: that of a paused virtual machine does not."""
        self.tells_starts = tells_starts
        """Whether it says when a process started, as Linux does and macOS does not: who lives cannot be told there."""
        self.boot = 1
        self.is_asleep = False
        self.slept = 0.0
        self.disk = Disk()
        self.processes: list[Process] = []

    def now(self) -> datetime:
        """The time as this machine has it."""
        return BEGINNING + timedelta(seconds=self.loop.time() + self.offset)

    def monotonic(self) -> float:
        """Seconds since some start."""
        return 1000.0 + self.loop.time() - (0.0 if self.counts_sleep else self.slept)

    def pause(self, seconds: float) -> None:
        """Sleep: every process stands still, and wakes after so many seconds."""
        if self.is_asleep:
            return
        self.is_asleep = True
        for process in self.processes:
            self.loop.pause(process)

        def wake() -> None:
            self.is_asleep = False
            self.slept += seconds
            for process in self.processes:
                self.loop.wake(process)

        self.loop.at(seconds, wake)


class MachineClock:
    """A machine's clock as `batchtui.domain.clock.Clock`."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def now(self) -> datetime:
        """The time, as this machine has it."""
        return self._machine.now()

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._machine.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        await asyncio.sleep(seconds)


class Table:
    """Which process is which, for `process_identity`: names them, and says who is gone as far as that can be told."""

    def __init__(self) -> None:
        self.owners: dict[str, tuple[Machine, Process, int]] = {}
        self.on: dict[Process, Machine] = {}

    def token(self, unique: str) -> str:
        """Name the current process."""
        process = current()
        machine = self.on[process]
        name = (
            f"{machine.name}:{machine.boot}|{process.number}|{process.number if machine.tells_starts else ''}|{unique}"
        )
        self.owners[name] = (machine, process, machine.boot)
        return name

    def is_gone(self, name: str) -> bool | None:
        """Whether a process has ended, as the current one can tell."""
        here = self.on[current()]
        machine, process, boot = self.owners[name]
        if machine is not here or boot != machine.boot:
            return None
        if process.is_dead:
            return True
        return False if machine.tells_starts else None
