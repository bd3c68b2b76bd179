"""The dashboard on a clock that runs fast: `python -m tests.benchmarks.hour HOME URL SPEED` is an hour in a minute."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from batchtui.tui.app.run import run_dashboard


class FastClock:
    """Goes so many times as fast as the machine's own, for those who wait as well as for those who look."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start = datetime.now(UTC)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The time it has come to."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds since it was made, its own."""
        return (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait for its own seconds."""
        await asyncio.sleep(seconds / self._speed)


if __name__ == "__main__":
    home, url, speed = sys.argv[1:]
    clock = FastClock(float(speed))
    sys.exit(run_dashboard(lambda: open_workspace(Paths.locate(Path(home)), base_url=url, clock=clock)))
