"""Run the command line and turn every exception into a message (or JSON) and an exit code: `run`."""

from __future__ import annotations

import atexit
import errno
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from batchtui.cli.exit_codes import ExitCode, Stopped, exit_for
from batchtui.cli.global_options import GlobalOptions
from batchtui.cli.output.stderr import Stderr
from batchtui.cli.output.stdout import OutputFailed, PipeClosed, Stdout
from batchtui.cli.views.json_documents import error_document
from batchtui.domain.errors import BatchtuiError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


SURROUNDINGS = {
    errno.EACCES, errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.ELOOP, errno.EMFILE,
    errno.ENAMETOOLONG, errno.ENFILE, errno.ENOENT, errno.ENOMEM, errno.ENOSPC, errno.ENOTDIR, errno.EPERM,
    errno.EROFS, errno.ESTALE,
}  # fmt: skip
"""What the system says of disks, permissions and limits: for the person to mend, and no fault of batchtui."""


class InternalError(BatchtuiError):
    """batchtui itself is at fault; the details are in the log file."""

    type = "internal"
    title = "Internal error in batchtui"


def run(program: click.Command, args: Sequence[str]) -> int:
    """Run the program and return its exit code; nothing is raised."""
    # Known before click has parsed anything: a usage error must be JSON, too.
    chosen = GlobalOptions(json="--json" in args)
    _occupy_standard_descriptors()
    notes = Stderr()
    # The interpreter sets None where descriptor 1 was closed when it started (`>&-`), whatever is opened on it since.
    if sys.stdout is None:
        notes.failure(
            OutputFailed(
                "Standard output is closed.", hint="Nothing was done. Redirect it to /dev/null instead of closing it."
            )
        )
        return int(ExitCode.FAILED)
    output = Stdout()
    try:
        return _run(program, args, chosen, output, notes)
    except PipeClosed:
        output.abandon()
        return int(ExitCode.PIPE_CLOSED)


def _run(program: click.Command, args: Sequence[str], chosen: GlobalOptions, output: Stdout, notes: Stderr) -> int:
    stdout = sys.stdout
    try:
        code = program.main(args=list(args), prog_name="batchtui", standalone_mode=False, obj=chosen)
        output.flush()
    except PipeClosed:
        raise
    except SystemExit:
        if sys.stdout is not stdout:  # click puts another there when it finds the pipe closed
            raise PipeClosed from None
        raise
    except BaseException as error:  # noqa: BLE001  (the outermost door)
        failure = _understood(error, chosen)
        if failure is None:
            return _stopped(error, notes)
        _report(failure, chosen, output, notes)
        return int(ExitCode.CRASHED if isinstance(failure, InternalError) else exit_for(failure))
    return int(code or 0)


def _occupy_standard_descriptors() -> None:
    """Open what is closed of 0, 1 and 2: the next file opened would get the number, and be written to as if it were."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _understood(error: BaseException, chosen: GlobalOptions) -> BatchtuiError | None:
    """Turn an error into one that can be said; None for what is no failure but an end."""
    if isinstance(error, BatchtuiError):
        return error
    if isinstance(error, click.ClickException):
        return _of_click(error)
    # Other errors of the system (EINVAL, ENOTSOCK …) come from a wrong call, so they are reported as a fault.
    if isinstance(error, OSError) and error.errno in SURROUNDINGS:
        return _of_surroundings(error, chosen)
    if isinstance(error, Exception) and not isinstance(error, (click.exceptions.Exit, click.Abort)):
        return _fault(error, chosen)
    return None


def _of_click(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "batchtui"
    message = _of_missing(error) if isinstance(error, click.MissingParameter) else error.format_message()
    return UsageError(message if message.endswith((".", "?")) else f"{message}.", hint=f"See `{command} --help`.")


def _of_missing(error: click.MissingParameter) -> str:
    """Say which argument or option is missing, by the name under which `--help` lists it."""
    missing, context = error.param, error.ctx
    if missing is None or context is None:
        return error.format_message()
    if isinstance(missing, click.Argument):
        return f"missing argument {missing.make_metavar(context).strip('[].…')}"
    return f"missing option {missing.opts[0]}"


def _of_surroundings(error: OSError, chosen: GlobalOptions) -> StorageError:
    _log(error, chosen)
    file = error.filename if isinstance(error.filename, str) else ""
    reason = (error.strerror or str(error)).lower()
    return StorageError(f"Cannot use {file}: {reason}." if file else f"Cannot write: {reason}.")


def _fault(error: Exception, chosen: GlobalOptions) -> InternalError:
    kind = f"{type(error).__name__}: {error}"
    file = _log(error, chosen)
    if file is None:
        return InternalError(kind, hint="The details could not be written to the log file.")
    return InternalError(kind, hint=f"The details are in {file}; please report it.")


def _log(error: Exception, chosen: GlobalOptions) -> Path | None:
    """Write an error with its traceback to the log file. Returns the file; None where it cannot be written."""
    from batchtui.cli.output import log_file
    from batchtui.settings.paths import Paths

    try:
        file = log_file.attach(Paths.locate(chosen.home))
        log_file.log.error("not understood", exc_info=error)
    except (OSError, RuntimeError):
        return None
    return file if file.exists() else None


def _stopped(error: BaseException, notes: Stderr) -> int:
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        error = Stopped(ExitCode.INTERRUPTED)
    if not isinstance(error, Stopped):
        raise error
    if error.code is ExitCode.INTERRUPTED:
        # The terminal has echoed ^C: what is said begins on a line of its own.
        notes.say(("\n" if notes.is_terminal else "") + "Stopped. Batches in progress at the API continue.")
    return int(error.code)


def _report(error: BatchtuiError, chosen: GlobalOptions, output: Stdout, notes: Stderr) -> None:
    if isinstance(error, OutputFailed):
        output.abandon()
    # A script that asked for JSON finds the failure where it finds the answer; people read stderr.
    elif chosen.json:
        try:
            output.document(error_document(error))
            output.flush()
        except OutputFailed:
            output.abandon()
        else:
            return
    notes.failure(error)


def exit_process(code: int) -> NoReturn:
    """End the process with this exit code, as `sys.exit` does, without freeing its memory first.

    Taking the SDK's 3,400 modules apart takes half a second, longer than a person waits. Functions registered with
    `atexit` are called and both streams flushed. Where a thread that is no daemon is alive, this is an ordinary exit,
    which waits for it.
    """
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        sys.exit(code)
    atexit._run_exitfuncs()  # noqa: SLF001 (the standard library offers no other way)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # gone, closed or None: `run` has made an exit code of that
            stream.flush()
    os._exit(code)
