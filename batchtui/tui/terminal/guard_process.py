"""Put the terminal back in order after a process that was killed; run as a script of its own by `terminal_guard`.

It imports nothing of this package: it runs as long as the dashboard does, and should weigh as little as it can.
"""

from __future__ import annotations

import os
import signal
import sys
import termios

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module `typing` takes longer to import than all the rest of this
    from typing import Any

TERMINAL = 1
TAKEN, GIVEN_BACK = b"+", b"-"
"""What the dashboard says each time it takes the screen or gives it back."""
RESTORE = (
    b"\x1b[?2026l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[?7h"
    b"\x1b[<u\x1b[0m\x1b[?1049l\x1b[?25h"
)
"""Switches off, in this order: synchronized output, the mouse, pastes and focus in brackets, reports of a new size.
Then line wrap on again, kitty's keys off (each screen has keys of its own, so before the alternate screen goes),
colours off, the alternate screen off, the cursor on."""


def encode_modes(modes: list[Any]) -> str:
    """Return what `termios.tcgetattr` gives as one word, for a command line."""
    *flags, characters = modes
    numbers = [char if isinstance(char, int) else ord(char) for char in characters]
    return ",".join(map(str, [*flags, *numbers]))


def _decode_modes(word: str) -> list[Any]:
    numbers = [int(number) for number in word.split(",")]
    return [*numbers[:6], numbers[6:]]


def main(before: str, taken: str) -> None:
    """Read from standard input until the dashboard has ended, however it does, and restore what it had taken.

    Args:
        before: the modes of the terminal that it found.
        taken: the modes that it has set.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    last = b""
    while said := os.read(0, 256):
        last = said[-1:]
    if last == TAKEN:
        os.write(TERMINAL, RESTORE)
        # A shell that was quicker has modes of its own by now.
        if encode_modes(termios.tcgetattr(TERMINAL)) == taken:
            termios.tcsetattr(TERMINAL, termios.TCSANOW, _decode_modes(before))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, termios.error):  # the terminal has gone too
        sys.exit(1)
