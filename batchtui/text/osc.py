"""Make terminal sequences for the bell and desktop notifications, also inside tmux and screen: `notice`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from collections.abc import Mapping

BELL = "\a"
LONGEST_NOTICE = 200
"""Characters of a notice's line; desktops cut earlier."""
_PIECE = 250
"""Characters that one wrapped piece may have in screen, which cuts at 256."""
_BY_TERM = {"xterm-kitty": "99", "foot": "777", "xterm-ghostty": "777", "rxvt-unicode": "777", "wezterm": "777"}
_BY_PROGRAM = {"iTerm.app": "9", "WezTerm": "777", "ghostty": "777", "vscode": "9"}


def multiplexer(env: Mapping[str, str]) -> str:
    """Return the multiplexer between this program and the terminal: `tmux`, `screen` or empty."""
    return "tmux" if env.get("TMUX") else "screen" if env.get("TERM", "").startswith("screen") else ""


def dialect(env: Mapping[str, str]) -> str:
    """Return the kind of notification the terminal understands: OSC `9`, `777` or `99`; empty where that is unknown.

    TERM comes through SSH, and so does LC_TERMINAL; TERM_PROGRAM and the others do not.
    """
    term = env.get("TERM", "").removesuffix("-256color").removesuffix("-direct")
    program = env.get("LC_TERMINAL") or env.get("TERM_PROGRAM", "")
    # Before TERM: in kitty TERM may say xterm-256color, for machines without its entry.
    if env.get("KITTY_WINDOW_ID"):
        return "99"
    if program.startswith("iTerm"):
        return "9"
    return _BY_TERM.get(term) or _BY_PROGRAM.get(program) or ("777" if env.get("VTE_VERSION") else "")


def notice(heading: str, body: str, env: Mapping[str, str]) -> str:
    """Return the sequences that ask for a desktop notice, each ignored where it is unknown.

    A terminal that does not say what it is gets OSC 9 and OSC 777: hardly one understands both.
    """
    kind = dialect(env)
    plain = "".join(_NOTICES[each](_field(heading), _field(body)) for each in ([kind] if kind else ["9", "777"]))
    return wrapped(plain, multiplexer(env))


def wrapped(sequence: str, through: str) -> str:
    """Return a sequence so that it reaches the terminal behind a multiplexer.

    tmux lets it through where `allow-passthrough` is on.
    """
    if through == "tmux":
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if through == "screen":
        return "".join(f"\x1bP{sequence[at : at + _PIECE]}\x1b\\" for at in range(0, len(sequence), _PIECE))
    return sequence


def _field(text: str) -> str:
    """One field of a sequence: nothing in it can end the sequence, or the field."""
    return sanitize(text).replace(";", ",")[:LONGEST_NOTICE]


def _osc_99(heading: str, body: str) -> str:
    """Kitty puts together what has one name, and replaces what had it before."""
    name = f"batchtui-{crc32(f'{heading};{body}'.encode()):08x}"
    return f"\x1b]99;i={name}:d=0;{heading}\a\x1b]99;i={name}:p=body;{body}\a"


# Each ends with BEL and not with ESC \, which would end screen's wrapping. What follows `9;` is never a number: that
# is ConEmu's progress bar.
_NOTICES = {
    "9": lambda heading, body: f"\x1b]9;batchtui: {heading}: {body}\a",
    "777": lambda heading, body: f"\x1b]777;notify;{heading};{body}\a",
    "99": _osc_99,
}
