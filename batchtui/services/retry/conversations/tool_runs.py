"""Run the tools that were called, each call once: `run_tools`, `run_tool`.

A call is noted in the registry before its tool starts and when it has ended. Killed in between, it is not run again by
itself: whether the tool has done something by then nobody can know, so a person is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.errors import UsageError
from batchtui.registry.jobs.tool_calls import CallKey
from batchtui.runtime.process_identity import is_gone
from batchtui.services.retry.conversations.ended_turn import CannotContinue, ToolCall, ToolOutput

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Callable, Mapping, Sequence

    from batchtui.registry.jobs.tool_calls import CallRecord
    from batchtui.services.retry.conversations.tools import Tool
    from batchtui.services.workspace import Workspace

AT_ONCE = 4
"""Conversations whose tools run at once. Calls of one conversation run one after the other, in their order."""
LEASE = timedelta(minutes=5)
"""How long one process may run the tools of a job without a sign of life."""
_RENEW_SECONDS = 60.0
INTERRUPTED = "a call of its tools was started and never finished; --rerun-tools runs such calls again"
"""Why a conversation is left whose tool was killed, or whose process died."""
_USUAL = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT")
"""What a tool gets of the environment. A list of what it gets, not of what it does not: keys have many names."""
_BLOCK = 1 << 16
_LONGEST_COMPLAINT = 2000
"""Characters at the end of stderr that go back to the model with a failure."""


class PendingCall(NamedTuple):
    """A call that has to be run before its conversation goes on."""

    attempt: int
    custom_id: str
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolProgress:
    """How far the calls of a turn are."""

    done: int
    total: int
    errors: int
    """Calls whose tool failed; the model is told so."""


class CallJournal:
    """What the registry knows of the tool calls of a job, read before a plan is made."""

    def __init__(self, records: Sequence[CallRecord], holder: str) -> None:
        self._records = {record.key[1:]: record for record in records}
        self._holder = holder

    def result(self, attempt: int, custom_id: str, call_id: str) -> ToolOutput | None:
        """Return what a call has answered; None where it has not ended."""
        record = self._records.get((attempt, custom_id, call_id))
        if record is None or record.result is None:
            return None
        return ToolOutput(record.result, record.is_error)

    def refuse_begun(self, attempt: int, custom_id: str, call_id: str, *, rerun: bool) -> None:
        """Refuse a call that was begun and has not ended, unless it may be run again. Raises `CannotContinue`."""
        record = self._records.get((attempt, custom_id, call_id))
        if record is None or record.is_finished:
            return
        if record.sender != self._holder and is_gone(record.sender) is False:
            raise CannotContinue("its tools are being run by another process")
        if not rerun:
            raise CannotContinue(INTERRUPTED)


async def load_journal(workspace: Workspace, job: str) -> CallJournal:
    """Return what is known of the tool calls of a job."""
    calls = workspace.registry.tool_calls
    return CallJournal(await calls.of_job(job), calls.holder)


async def run_tools(
    workspace: Workspace,
    job: str,
    pending: Sequence[PendingCall],
    tools: Mapping[str, Tool],
    *,
    rerun: bool = False,
    on_progress: Callable[[ToolProgress], None] | None = None,
) -> None:
    """Run these calls, each once, and keep what they answer.

    What a tool does wrong is no error here: its call is answered with `is_error`, as the API has it.

    Raises:
        UsageError: another process runs the tools of this job, or a tool cannot be started.
        StorageError: the registry cannot be written.
    """
    workspace.refuse_if_read_only()
    lease = f"tools:{job}"
    if not await workspace.registry.leases.take(lease, LEASE):
        raise UsageError(
            "Another process runs the tools of this job. Nothing was sent.",
            hint="Wait until it is done; it sends the conversations on by itself.",
        )
    renewal = asyncio.create_task(_renew(workspace, lease))
    try:
        await _run_all(workspace, job, pending, tools, rerun, on_progress or (lambda _: None))
    finally:
        renewal.cancel()
        with suppress(asyncio.CancelledError):
            await renewal
        await workspace.registry.leases.release(lease)


async def _renew(workspace: Workspace, lease: str) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        await workspace.registry.leases.take(lease, LEASE)


async def _run_all(
    workspace: Workspace,
    job: str,
    pending: Sequence[PendingCall],
    tools: Mapping[str, Tool],
    rerun: bool,
    tell: Callable[[ToolProgress], None],
) -> None:
    conversations: dict[str, list[PendingCall]] = {}
    for call in pending:
        conversations.setdefault(call.custom_id, []).append(call)
    waiting = iter(conversations.values())
    done = errors = 0

    async def work() -> None:
        nonlocal done, errors
        # Workers share one iterator: each takes the next conversation when it has finished one.
        for calls in waiting:
            for each in calls:
                failed = await _run_once(workspace, job, each, tools[each.call.name], rerun=rerun)
                done += 1
                errors += failed
                tell(ToolProgress(done, len(pending), errors))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(AT_ONCE, len(conversations))):
                group.create_task(work())
    except BaseExceptionGroup as several:
        # One failure stops the others; it is what a person can act on, and handlers look for its type.
        raise several.exceptions[0] from None


async def _run_once(workspace: Workspace, job: str, pending: PendingCall, tool: Tool, *, rerun: bool) -> bool:
    """Run one call between its two notes in the registry. Returns whether it failed."""
    journal, call = workspace.registry.tool_calls, pending.call
    key = CallKey(job, pending.attempt, pending.custom_id, call.id)
    if not await journal.start(key, call.name, again=rerun):
        # It was begun since the plan was made: the next plan says what became of it.
        return False
    try:
        result = await run_tool(tool, call.input, custom_id=pending.custom_id, call_id=call.id)
    except OSError as error:
        await journal.forget(key)
        why = error.strerror or str(error)
        raise UsageError(f"The tool {tool.name} cannot be run: {tool.argv[0][:200]}: {why}.") from error
    await journal.finish(key, result.content, is_error=result.is_error)
    return result.is_error


async def run_tool(tool: Tool, given: object, *, custom_id: str = "", call_id: str = "") -> ToolOutput:
    """Run a tool with its input as JSON on stdin, and return what it printed. When canceled, the tool is killed.

    A tool that fails, prints too much or takes too long gives a result with `is_error` that says so.

    Raises:
        OSError: it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *tool.argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(tool, custom_id, call_id),
        start_new_session=True,  # a process group of its own, so that its children are killed with it
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(tool.timeout):
            told = asyncio.create_task(_tell(process, given))
            complaints = asyncio.create_task(_read_end(process.stderr))
            output = await _read(process.stdout, tool.max_output)
            if output is None:
                complaints.cancel()
                told.cancel()
                return ToolOutput(f"{tool.name} printed more than {tool.max_output:,} bytes.", is_error=True)
            said = await complaints
            await told
            await process.wait()
    except TimeoutError:
        return ToolOutput(f"{tool.name} was stopped after {tool.timeout:g} s.", is_error=True)
    finally:
        await _end(process)
    text = output.decode("utf-8", "replace")
    if process.returncode:
        why = text.strip() or said.strip() or f"{tool.name} ended with code {process.returncode}."
        return ToolOutput(why, is_error=True)
    return ToolOutput(text)


def _environment(tool: Tool, custom_id: str, call_id: str) -> dict[str, str]:
    """Return the environment of a tool: the usual variables, those that tools.toml names, and whose call it is."""
    names = [name for name in os.environ if name in _USUAL or name.startswith("LC_") or name in tool.env]
    return {
        **{name: os.environ[name] for name in names},
        "BATCHTUI_TOOL": tool.name,
        "BATCHTUI_CUSTOM_ID": custom_id,
        "BATCHTUI_TOOL_USE_ID": call_id.replace("\0", ""),
    }


async def _tell(process: Process, given: object) -> None:
    assert process.stdin is not None
    # It need not read what it is given.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(json.dumps(given).encode() + b"\n")
        await process.stdin.drain()
    process.stdin.close()


async def _read(stream: asyncio.StreamReader, most: int) -> bytes | None:
    """Return all that is printed; None as soon as it is more than `most` bytes."""
    blocks, size = [], 0
    while block := await stream.read(_BLOCK):
        blocks.append(block)
        size += len(block)
        if size > most:
            return None
    return b"".join(blocks)


async def _read_end(stream: asyncio.StreamReader) -> str:
    """Return the end of what is printed, however much it is."""
    kept = b""
    while block := await stream.read(_BLOCK):
        kept = (kept + block)[-4 * _LONGEST_COMPLAINT :]
    return kept.decode("utf-8", "replace")[-_LONGEST_COMPLAINT:]


async def _end(process: Process) -> None:
    """Kill the tool and everything that it has started, if it still runs."""
    # The group and not the process alone: a child that it left behind would go on, and hold its pipes.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.shield(process.wait())
