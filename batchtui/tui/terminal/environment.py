"""`TerminalInfo` reads from the environment what the terminal can do; the rest are sequences that a full screen sends.

These are clipboard (OSC 52) and title (OSC 2). `ended_by_signals` leaves the screen clean after a signal.
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.text.osc import multiplexer, wrapped
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST_COPY = 74_000
"""Characters that OSC 52 carries reliably: several terminals stop at 100,000 bytes of base64."""
EVERY_COLOUR = 1 << 24
_WITH_EVERY_COLOUR = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm")
"""Values of TERM of terminals with true colour. Over SSH only TERM arrives, COLORTERM does not."""


@dataclass(frozen=True, slots=True)
class TerminalInfo:
    """What the environment says about the terminal."""

    colours: int
    """0 without colour, else 16, 256 or `EVERY_COLOUR`."""
    ascii_only: bool
    """Whether the locale has no more than ASCII."""
    light: bool
    """Whether its ground is known to be light."""
    remote: bool
    """Whether it is at the other end of an SSH connection."""
    multiplexer: str
    """`tmux`, `screen` or empty."""
    is_gnu_screen: bool = False
    """Whether that is GNU screen for certain, and not a tmux that calls itself one at the near end of an SSH line."""

    @classmethod
    def of(cls, env: Mapping[str, str]) -> TerminalInfo:
        """Return what these environment variables say."""
        locale = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
        term = env.get("TERM", "")
        return cls(
            colours=_colours(env, term),
            ascii_only=locale in ("C", "POSIX") or (bool(locale) and "utf" not in locale.lower() and "." in locale),
            light=_is_light(env.get("COLORFGBG", "")),
            remote=bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY")),
            multiplexer=multiplexer(env),
            is_gnu_screen=_is_gnu_screen(env),
        )


def _colours(env: Mapping[str, str], term: str) -> int:
    if env.get("NO_COLOR"):  # an empty one does not count (no-color.org)
        return 0
    says_so = env.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    if (says_so or term in _WITH_EVERY_COLOUR or term.endswith("-direct")) and not _is_gnu_screen(env):
        return EVERY_COLOUR
    return 256 if term.endswith("256color") else 16


def _is_gnu_screen(env: Mapping[str, str]) -> bool:
    term = env.get("TERM", "")
    return term.startswith("screen.") or (term.startswith("screen") and bool(env.get("STY")))


def _is_light(colorfgbg: str) -> bool:
    """Read COLORFGBG, `foreground;background` of the sixteen colours; 7 and 15 are the light grounds."""
    return colorfgbg.rpartition(";")[2] in ("7", "15")


def clipboard(text: str, through: str = "") -> str:
    """Return the sequence that puts a text on the clipboard of the machine the person sits at (OSC 52).

    `through` is the multiplexer in between.
    In tmux it goes out twice: for tmux itself, which passes it on with `set-clipboard on`, and wrapped, for terminals
    behind a tmux that only lets wrapped sequences through.
    """
    data = base64.b64encode(text[:LARGEST_COPY].encode("utf-8", "replace")).decode("ascii")
    # OSC 52 takes base64, so no text can end the sequence.
    plain = f"\x1b]52;c;{data}\a"
    return plain + wrapped(plain, through) if through == "tmux" else wrapped(plain, through)


def title(text: str) -> str:
    """Return the sequence that sets the title of the terminal's window or tab (OSC 2)."""
    return f"\x1b]2;{sanitize(text)}\x1b\\"


SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"
"""xterm's stack of titles: the title that was there before is restored at the end."""


_ENDING = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM
)  # fmt: skip
"""Signals that would end a process, and that a handler can make a clean end of."""


@contextmanager
def ended_by_signals(end: Callable[[int], None]) -> Iterator[None]:
    """Have signals call `end` with their number, so that the terminal is left clean.

    A signal that this process was started to ignore stays ignored, as SIGHUP under `nohup`.
    """
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _ENDING}
    # A signal that was ignored from the start stays ignored, as SIGHUP under nohup.
    heard = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in heard:
        # add_signal_handler works on the main thread of Unix only.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, end, int(number))
    try:
        yield
    finally:
        for number in heard:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)
                signal.signal(number, before[number])


def align_environment() -> None:
    """Have the environment say what `Terminal.of` makes of it: Textual reads it for itself, and would obey it.

    An empty NO_COLOR does not count (no-color.org). COLORTERM does not within GNU screen, which hands on what the
    terminal in front has said of itself, and takes the numbers of such colours for those of its sixteen, for bold and
    for reverse; and where it is missing, a terminal that has every colour would get sixteen.
    """
    if not os.environ.get("NO_COLOR", "unset"):
        del os.environ["NO_COLOR"]
    if _is_gnu_screen(os.environ):
        os.environ.pop("COLORTERM", None)
    elif TerminalInfo.of(os.environ).colours == EVERY_COLOUR:
        os.environ["COLORTERM"] = "truecolor"
