"""A pass in a process of its own, so that large input is checked on one core while the SDK is imported on another."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.services.staging_pass import Staged
from batchtui.services.staging_wire import heard, line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.services.staging_pass import PassJob, Reading

WORTH_IT = 1 << 25
"""Bytes of input from which a process of its own is worth its start, a fifth of a second of a processor."""
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from batchtui.services.staging_child import serve; serve()"
)


def is_worth_it(sources: Sequence[str]) -> bool:
    """Whether there is enough input for a process of its own. What is wrong with the sources is for the pass to say."""
    from batchtui.intake.sources import find_sources

    try:
        sizes = [source.size for source in find_sources(sources)]
    except BatchtuiError:
        return False
    return None not in sizes and sum(filter(None, sizes)) >= WORTH_IT


def start_apart() -> ApartPass | None:
    """Start a process, which loads what it needs while the caller prepares the job; None where none can be had."""
    try:
        return ApartPass() if sys.executable else None
    except OSError:
        return None


class ChildLost(Exception):
    """The process ended without an answer."""


class ApartPass:
    """One process for one pass. Signals of the terminal do not reach it: they are the parent's, which stops it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (this very Python)
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            # Looking for plug-ins of pydantic reads the metadata of everything installed.
            env={**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        )
        self._send(json.dumps([str(Path(entry).absolute()) for entry in sys.path]).encode() + b"\n")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def run(self, job: PassJob, tell: Callable[[Reading], None]) -> Staged:
        """Have the pass run, as `run_pass` would here, with the same errors. Blocks: call it in a thread.

        The process is gone when this returns; what it laid aside too, unless all is well.

        Raises:
            ChildLost: where the process was ended from outside, or could not even begin.
        """
        try:
            self._send(line(replace(job, options=replace(job.options, stdin=None))))
            return self._listen(tell)
        except BaseException:
            self.end()
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        finally:
            self.end()

    def stop(self) -> None:
        """End the process, from any thread; `run` raises ChildLost then."""
        self._process.kill()

    def _send(self, message: bytes) -> None:
        # A process that is gone already shows when it is listened to.
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).write(message)
            _pipe(self._process.stdin).flush()

    def _listen(self, tell: Callable[[Reading], None]) -> Staged:
        while True:
            try:
                answer: Reading | Staged | BatchtuiError = heard(_pipe(self._process.stdout))
            except EOFError:
                raise ChildLost from None
            if isinstance(answer, BatchtuiError):
                raise answer
            if isinstance(answer, Staged):
                return answer
            tell(answer)

    def end(self) -> None:
        """End the process and wait until it is gone; for the thread that would call `run`."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).close()
        _pipe(self._process.stdout).close()
        self._process.wait()


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end
