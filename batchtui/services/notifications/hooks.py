"""Run a command of the user with a time limit and the facts as JSON on its stdin: `run`."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from batchtui.domain.errors import BatchtuiError
from batchtui.text.layout.widths import fit
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping, Sequence

_CREDENTIAL = re.compile(r"^ANTHROPIC_\w*(KEY|TOKEN|SECRET|PASSWORD|HEADERS)", re.IGNORECASE)
_KEY_PREFIX = "sk-ant-"
_MOST_SAID = 4096
"""Bytes at the end of stderr that are read; the last line is part of the error."""


class HookFailed(BatchtuiError):
    """A command could not be run, took too long, or ended with another code than 0."""

    type = "hook"
    title = "Notification command failed"


async def run(
    argv: Sequence[str], document: Mapping[str, Any], *, timeout: float, with_credentials: bool = False
) -> None:
    """Run a command with this document on its stdin, and wait for its end.

    Its output is discarded: it would garble the dashboard. When canceled, the command is killed.

    Raises:
        HookFailed: it could not be run, took too long, or failed.
    """
    with tempfile.TemporaryFile() as complaints:
        process = await _start(argv, complaints, with_credentials=with_credentials)
        try:
            async with asyncio.timeout(timeout):
                await _talk(process, json.dumps(document).encode() + b"\n")
        except TimeoutError:
            raise HookFailed(f"{argv[0]} was stopped after {timeout:g} s.") from None
        finally:
            await _end(process)
        if process.returncode:
            raise HookFailed(f"{argv[0]} ended with {process.returncode}. {_last_line(complaints)}".strip())


def environment(*, with_credentials: bool) -> dict[str, str]:
    """Return this process's environment for a command; without credentials no variable that holds a key or token."""
    return {
        name: value
        for name, value in os.environ.items()
        if with_credentials or not (_CREDENTIAL.search(name) or _KEY_PREFIX in value)
    }


async def _start(argv: Sequence[str], complaints: IO[bytes], *, with_credentials: bool) -> Process:
    try:
        # A file and not a pipe: a child that it leaves behind would hold a pipe open.
        return await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=complaints,
            env=environment(with_credentials=with_credentials),
            start_new_session=True,  # a process group of its own, so that its children are killed with it
        )
    except (OSError, ValueError) as error:
        raise HookFailed(f"{argv[0]} cannot be run: {getattr(error, 'strerror', None) or error}.") from error


async def _talk(process: Process, told: bytes) -> None:
    assert process.stdin is not None
    # It need not read what it is given.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(told)
        await process.stdin.drain()
    process.stdin.close()
    await process.wait()


def _last_line(complaints: IO[bytes]) -> str:
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - _MOST_SAID))
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return fit(one_line(lines[-1]), 200) if lines else ""


async def _end(process: Process) -> None:
    """Kill the command and everything it has started, if it still runs."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())
