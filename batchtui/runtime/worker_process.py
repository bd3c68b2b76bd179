"""A process of this very Python that works for this one: lines go in, lines come out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); from {} import serve; serve()"


class WorkerLost(Exception):
    """The process ended without an answer."""


class WorkerProcess:
    """One process that serves this one. Signals of the terminal do not reach it: they are the parent's, which ends it.

    It meets the end of its standard input when this process has gone, however that went.
    """

    def __init__(self, module: str) -> None:
        """Start the function `serve` of a module of ours.

        Raises:
            OSError: where no process can be had.
        """
        self._process = subprocess.Popen(  # noqa: S603 (this very Python)
            [sys.executable, "-P", "-c", _PROGRAM.format(module)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
            # Looking for plug-ins of pydantic reads the metadata of everything installed.
            env={**os.environ, "PYDANTIC_DISABLE_PLUGINS": "__all__"},
        )
        self.send(json.dumps([str(Path(entry).absolute()) for entry in sys.path]).encode() + b"\n")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def answers(self) -> IO[bytes]:
        """What the process says."""
        return _pipe(self._process.stdout)

    def send(self, line: bytes) -> None:
        """Say a line, with its line feed. A process that is gone already shows when it is listened to."""
        with contextlib.suppress(BrokenPipeError):
            pipe = _pipe(self._process.stdin)
            pipe.write(line)
            pipe.flush()

    def hear(self) -> bytes:
        """Wait for a line.

        Raises:
            ChildLost: where the process is gone, or could not even begin.
        """
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            raise WorkerLost
        return line[:-1]

    def stop(self) -> None:
        """End the process, from any thread: whoever listens to it learns that it is lost."""
        self._process.kill()

    def end(self) -> None:
        """End the process and wait until it is gone; for the thread that listens to it. Safe to call again."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).close()
        self.answers.close()
        self._process.wait()


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end
