"""Run a pass in a worker process: `StagingWorker`. Large input is checked on one core while another imports the SDK."""

from __future__ import annotations

import asyncio
import shutil
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.runtime.worker_process import WorkerLost, WorkerProcess
from batchtui.services.submission.staging.check_pass import Staged
from batchtui.services.submission.staging.messages import decode, encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from batchtui.services.submission.staging.check_pass import ReadProgress, StagingJob

WORTH_IT = 1 << 25
"""Bytes of input from which a process of its own is worth its start, a fifth of a second of a processor."""


def is_worth_it(sources: Sequence[str]) -> bool:
    """Whether there is enough input for a process of its own. What is wrong with the sources is for the pass to say."""
    from batchtui.intake.records.sources import find_sources

    try:
        sizes = [source.size for source in find_sources(sources)]
    except BatchtuiError:
        return False
    # stdin and pipes cannot be handed to another process.
    return None not in sizes and sum(filter(None, sizes)) >= WORTH_IT


def start_apart() -> StagingWorker | None:
    """Start a process, which loads what it needs while the caller prepares the job; None where none can be started."""
    try:
        return StagingWorker() if sys.executable else None
    except OSError:
        return None


@asynccontextmanager
async def start_if_worth_it(sources: Sequence[str]) -> AsyncIterator[StagingWorker | None]:
    """Start a process where the input is worth one, for `staging.stage`: it loads while the caller gets ready.

    It is gone afterwards, whether or not there was a pass.
    """
    child = start_apart() if await asyncio.to_thread(is_worth_it, sources) else None
    try:
        yield child
    finally:
        if child:
            child.end()


class StagingWorker:
    """One process for one pass."""

    def __init__(self) -> None:
        """Start it. Raises OSError where no process can be started."""
        self._child = WorkerProcess("batchtui.services.submission.staging.worker_main")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    def run(self, job: StagingJob, tell: Callable[[ReadProgress], None]) -> Staged:
        """Run the pass in the worker process, as `run_staging` would here, with the same errors. Blocks: use a thread.

        The process is gone when this returns; what it laid aside too, unless all is well.

        Raises:
            WorkerLost: where the process was ended from outside, or could not even begin.
        """
        try:
            self._child.send(encode(replace(job, options=replace(job.options, stdin=None))))
            return self._listen(tell)
        except BaseException:
            self.end()
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        finally:
            self.end()

    def stop(self) -> None:
        """End the process, from any thread; `run` raises WorkerLost then."""
        self._child.stop()

    def end(self) -> None:
        """End the process and wait until it is gone; for the thread that would call `run`."""
        self._child.end()

    def _listen(self, tell: Callable[[ReadProgress], None]) -> Staged:
        while True:
            try:
                answer: ReadProgress | Staged | BatchtuiError = decode(self._child.answers)
            except EOFError:
                raise WorkerLost from None
            if isinstance(answer, BatchtuiError):
                raise answer
            if isinstance(answer, Staged):
                return answer
            tell(answer)
