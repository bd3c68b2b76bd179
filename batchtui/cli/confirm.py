"""Asking a person for a yes. Without one at a terminal, only `--yes` is a yes."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from batchtui.cli.exit_codes import ExitCode, Stopped
from batchtui.domain.errors import ConsentNeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.cli.stderr import Stderr

YES = ("y", "yes")


def require_yes(notes: Stderr, question: str, *, yes: bool, lost: str) -> None:
    """Return where the answer is yes.

    Args:
        notes: where the question is put.
        question: ends with what would be done; `[y/N]` is added.
        yes: whether the yes was given on the command line.
        lost: what becomes of it without a yes, as a sentence: "Nothing was sent."

    Raises:
        ConsentNeeded: where the answer is no, or nobody can be asked.
    """
    if not yes and not ask_yes_no(notes, question):
        raise ConsentNeeded(f"The answer was no. {lost}", title="Not done")


def ask_yes_no(notes: Stderr, question: str) -> bool:
    """Ask, and return the answer. The empty answer is no.

    Raises:
        ConsentNeeded: where nobody can be asked.
    """
    with _keyboard() as keyboard:
        if keyboard is None or not notes.is_terminal:
            raise ConsentNeeded(
                f"{question} There is no terminal to ask at, so nothing was done.", hint="--yes answers it beforehand."
            )
        try:
            with _interruptible():
                notes.ask(f"{question} [y/N]")
                answer = keyboard.readline()
        except KeyboardInterrupt:
            # Within a task a KeyboardInterrupt would tear the event loop down around it; this one is awaited.
            raise Stopped(ExitCode.INTERRUPTED) from None
        return answer.strip().lower() in YES


def has_person(notes: Stderr) -> bool:
    """Whether somebody can be asked."""
    with _keyboard() as keyboard:
        return keyboard is not None and notes.is_terminal


@contextmanager
def _keyboard() -> Iterator[TextIO | None]:
    """Where a person types: stdin, or the terminal itself where stdin brings the requests."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield sys.stdin
        return
    try:
        terminal = open("/dev/tty", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115 (a device; closed below)
    except OSError:
        yield None
        return
    with terminal:
        yield terminal


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the reading: asyncio's own handler only takes note of it and goes on reading."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
