"""Run another program in the foreground of the terminal, as a shell runs a job: `run_in_foreground`.

The program gets a process group of its own and the terminal with it, so that ctrl+c and ctrl+z are heard by the program
alone. When ctrl+z stops it, batchtui stops as well, and the shell has its terminal back; `fg` continues both. In one
group with batchtui, whose handlers keep it going, the program would be stopped and nobody would read the terminal.
"""

from __future__ import annotations

import os
import signal
import subprocess
import termios
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TERMINAL = 0
"""The descriptor that Textual reads keys from."""
SETTLE_SECONDS = 0.05
"""A stop reaches every thread within this time; what this one does meanwhile would come too early."""
_STOPPED_FOR_THE_TERMINAL = (signal.SIGTTIN, signal.SIGTTOU)
_PASSED_ON = (signal.SIGTERM, signal.SIGHUP)


def run_in_foreground(command: Sequence[str], data: bytes | None = None) -> None:
    """Run a program until it ends; `data` is what it reads from its standard input. Call it on the main thread.

    SIGTERM and SIGHUP are passed on to the program, and to this process once the program has ended.

    Raises:
        OSError: where the program cannot be started.
    """
    group = _foreground_group()
    with _signals_of_a_shell() as passing:
        process = subprocess.Popen(  # noqa: S603 (the person's own)
            command, stdin=None if data is None else subprocess.PIPE, process_group=None if group is None else 0
        )
        passing.append(process)
        if data is not None:
            threading.Thread(target=_write, args=(process, data), daemon=True).start()
        if group is None:
            process.wait()
        else:
            _Job(process, group).wait()


def _foreground_group() -> int | None:
    """Return the process group of this process where it has the terminal; None where there is none to lend."""
    try:
        return os.getpgrp() if os.tcgetpgrp(TERMINAL) == os.getpgrp() else None
    except OSError:
        return None


def _write(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write what the program reads, on a thread: a pager that is stopped, or shows one page, reads no further."""
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.write(data)
    with suppress(OSError):
        process.stdin.close()


class _Job:
    """A running program that has the terminal."""

    def __init__(self, process: subprocess.Popen[bytes], ours: int) -> None:
        self._process = process
        self._ours = ours
        self._modes = termios.tcgetattr(TERMINAL)

    def wait(self) -> None:
        """Wait for its end, and stop with it as often as it stops. The terminal is left as the shell had it."""
        try:
            self._continue()
            while True:
                _, status = os.waitpid(self._process.pid, os.WUNTRACED)
                if not os.WIFSTOPPED(status):
                    self._process.returncode = os.waitstatus_to_exitcode(status)
                    return
                if os.WSTOPSIG(status) not in _STOPPED_FOR_THE_TERMINAL:
                    self._stop_too()
                self._continue()
        finally:
            _give_terminal(self._ours)
            self._set_modes(self._modes)

    def _continue(self) -> None:
        _give_terminal(self._process.pid)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGCONT)

    def _stop_too(self) -> None:
        """Stop this process and all of its group; returns when a shell has brought it to the foreground again.

        Where no shell could do that (a dashboard that a terminal was started with), the kernel ignores SIGTSTP, and the
        program goes on at once.
        """
        of_program = termios.tcgetattr(TERMINAL)
        _give_terminal(self._ours)
        self._set_modes(self._modes)
        while True:
            os.killpg(self._ours, signal.SIGTSTP)
            time.sleep(SETTLE_SECONDS)
            with suppress(OSError):
                if os.tcgetpgrp(TERMINAL) != self._ours:  # continued by `bg`
                    continue
            break
        self._set_modes(of_program)

    @staticmethod
    def _set_modes(modes: list[Any]) -> None:
        with suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(TERMINAL, termios.TCSADRAIN, modes)


def _give_terminal(group: int) -> None:
    """Put a process group into the foreground. A group in the background may do that only while SIGTTOU is blocked."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        with suppress(OSError):
            os.tcsetpgrp(TERMINAL, group)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _signals_of_a_shell() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Hear signals as a shell does while its job runs; yields the list that the job is put into.

    The event loop stands still meanwhile, and must not find a ctrl+c there afterwards that was meant for the program.
    """
    jobs: list[subprocess.Popen[bytes]] = []
    later: list[int] = []

    def pass_on(number: int, _: object) -> None:
        later.append(number)
        for job in jobs:
            with suppress(ProcessLookupError):
                job.send_signal(number)

    handlers: dict[int, object] = {signal.SIGINT: lambda *_: None, signal.SIGTSTP: signal.SIG_DFL}
    handlers |= {signal.SIGCONT: signal.SIG_DFL}
    handlers |= {number: pass_on for number in _PASSED_ON if signal.getsignal(number) is not signal.SIG_IGN}
    wakeup = signal.set_wakeup_fd(-1)
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}  # type: ignore[arg-type]
    try:
        yield jobs
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        for number in later[:1]:
            os.kill(os.getpid(), number)
