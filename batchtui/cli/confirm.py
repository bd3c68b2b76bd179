"""Ask a person for a yes: `require_yes`.

Without a terminal no question can be asked; then only `--yes` is a yes.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from batchtui.cli.exit_codes import ExitCode, Stopped
from batchtui.domain.errors import ConsentNeeded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.cli.output.stderr import Stderr

YES = ("y", "yes")


def require_yes(notes: Stderr, question: str, *, yes: bool, lost: str) -> None:
    """Ask for a yes, and return only if it is given.

    Args:
        notes: where the question is put.
        question: ends with what would be done; `[y/N]` is added.
        yes: whether the yes was given on the command line.
        lost: what follows from a no, as a sentence: "Nothing was sent."

    Raises:
        ConsentNeeded: the answer is no, or there is no terminal to ask at.
    """
    if not yes and not ask_yes_no(notes, question):
        raise ConsentNeeded(f"Declined. {lost}", title="Not done")


def ask_yes_no(notes: Stderr, question: str) -> bool:
    """Ask, and return the answer. The empty answer is no.

    Raises:
        ConsentNeeded: there is no terminal to ask at.
    """
    with _keyboard() as keyboard:
        # Both ends are needed: with stderr in a file a person would be asked what they cannot see.
        if keyboard is None or not notes.is_terminal:
            raise ConsentNeeded(
                f"{question} This is not a terminal, so nothing was sent or changed.", hint="Pass --yes to confirm."
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
    """Yield where a person types: stdin, or the terminal itself where stdin is the requests; None without one."""
    if sys.stdin is not None and sys.stdin.isatty():
        yield sys.stdin
        return
    try:
        # Standard input may be the requests: `… | batchtui submit -` is answered at the terminal itself.
        terminal = open("/dev/tty", encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115 (a device; closed below)
    except OSError:
        yield None
        return
    with terminal:
        yield terminal


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt `readline`: asyncio's own handler would only set a flag, and reading would go on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
