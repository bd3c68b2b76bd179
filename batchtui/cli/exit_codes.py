"""The exit codes that scripts rely on, and which error ends in which: `ExitCode`."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError, ConsentNeeded, FateUnknown, InputError, UsageError, WaitTimedOut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from batchtui.domain.batches.batch import Batch


class ExitCode(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    """Network, API, disk."""
    USAGE = 2
    INPUT = 3
    """The input has errors; nothing was sent."""
    NOT_ALL_SUCCEEDED = 4
    """Ended, but not every request succeeded."""
    TIMED_OUT = 5
    """Still running."""
    FATE_UNKNOWN = 6
    """A submission's fate is unknown and needs a decision."""
    CRASHED = 70
    """A fault of batchtui itself, which is in the log file (EX_SOFTWARE of sysexits.h)."""
    # 128 and the signal's number, as a shell reports a program that a signal ended: SIGHUP 1, SIGINT 2, SIGTERM 15.
    HUNG_UP = 129
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    """The reader of stdout has gone: the code that a shell shows for a program ended by SIGPIPE."""
    TERMINATED = 143


MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed: network, API or disk",
    ExitCode.USAGE: "wrong usage",
    ExitCode.INPUT: "the input has errors; nothing was sent",
    ExitCode.NOT_ALL_SUCCEEDED: "ended, but not every request succeeded (--allow-failures makes it 0)",
    ExitCode.TIMED_OUT: "timed out, still in progress",
    ExitCode.FATE_UNKNOWN: "a part of a submission is unknown and needs a decision",
    ExitCode.CRASHED: "crashed: a fault of batchtui itself, described in the log file",
    ExitCode.HUNG_UP: "hung up",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.PIPE_CLOSED: "the reader of a pipe has gone",
    ExitCode.TERMINATED: "terminated",
}
"""What each code says, for the manual and the man page."""


class Stopped(BaseException):
    """The process is to end, by Ctrl-C or a signal. Not an Exception, so that no handler on the way catches it."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


BY_ERROR: Mapping[type[BatchtuiError], ExitCode] = {
    UsageError: ExitCode.USAGE,
    ConsentNeeded: ExitCode.USAGE,
    InputError: ExitCode.INPUT,
    WaitTimedOut: ExitCode.TIMED_OUT,
    FateUnknown: ExitCode.FATE_UNKNOWN,
    BatchtuiError: ExitCode.FAILED,
}
"""The nearest ancestor of an error's class that stands here decides."""


def exit_for(error: BatchtuiError | type[BatchtuiError]) -> ExitCode:
    """Return the exit code of a failure, or of a type of failures."""
    kind = error if isinstance(error, type) else type(error)
    # `BatchtuiError` stands in the table, so that there is always one.
    return next(BY_ERROR[cls] for cls in kind.__mro__ if cls in BY_ERROR)


def exit_of_batches(batches: Iterable[Batch], *, allow_failures: bool = False) -> ExitCode:
    """Return the exit code of batches that were waited for: whether all of their requests succeeded."""
    return (
        ExitCode.DONE
        if allow_failures or all(batch.has_full_success for batch in batches)
        else ExitCode.NOT_ALL_SUCCEEDED
    )
