"""Start a helper process (same interpreter and sys.path) and exchange lines with it over pipes: `WorkerProcess`.

Not multiprocessing: its `spawn` would run the script of a user of the library again.
"""

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
    """A helper process. It reads lines from its stdin and writes answers to its stdout.

    It is in a process group of its own: Ctrl-C reaches the parent only, which then ends it. When the parent dies in any
    way, the worker reads the end of its stdin.
    """

    def __init__(self, module: str) -> None:
        """Start the function `serve` of a module of this package.

        Raises:
            OSError: no process can be started.
        """
        self._process = subprocess.Popen(  # noqa: S603 (this very Python)
            # -P: the folder one is in must not be importable before sys.path is set.
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
        """The stdout of the process."""
        return _pipe(self._process.stdout)

    def send(self, line: bytes) -> None:
        """Write a line, which ends with a line feed. That the process is gone shows only when reading."""
        with contextlib.suppress(BrokenPipeError):
            pipe = _pipe(self._process.stdin)
            pipe.write(line)
            pipe.flush()

    def hear(self) -> bytes:
        """Return the next line that the process writes, without its line feed.

        Raises:
            WorkerLost: the process has ended, or did not start.
        """
        line = self.answers.readline()
        if not line.endswith(b"\n"):
            raise WorkerLost
        return line[:-1]

    def stop(self) -> None:
        """Kill the process, from any thread; the thread that reads from it gets `WorkerLost`."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and wait until it has ended. For the thread that reads from it; may be called again."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            _pipe(self._process.stdin).close()
        self.answers.close()
        self._process.wait()


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end
