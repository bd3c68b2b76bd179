"""Cut what a terminal sends into keys, mouse events and pastes, and swallow everything else: `InputTokenizer`.

Textual's own parser takes a sequence that it does not know for typed letters. A late answer of the terminal (to vim
over a slow line, to tmux when it attaches) would then open dialogs and press their buttons. So nothing reaches that
parser that `key_sequences.translate` has not named; the rules for where a sequence ends are those of ECMA-48 and of
xterm's control sequences (https://invisible-island.net/xterm/ctlseqs/ctlseqs.html).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, TypeAlias

from batchtui.tui.terminal.key_sequences import CSI, is_known, translate

if TYPE_CHECKING:
    from collections.abc import Callable

ESC = "\x1b"
ESCAPE_SECONDS = 0.1
"""An esc with nothing behind it for this long is the key, as in Textual."""
UNSURE_SECONDS = 0.5
"""How long esc with `[`, `]`, `O`, `P`, `X`, `^` or `_` behind it may go on; then it is two keys, typed fast."""
STALL_SECONDS = 1.0
"""A sequence that has begun for certain and stands still for this long is given up."""
PASTE_STALL_SECONDS = 5.0
"""A paste that stands still for this long is shown as far as it came; it goes on until its end has come."""
LARGEST_PASTE = 2_000_000
"""Characters of one paste that are kept."""
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"
_LONGEST_SEQUENCE = 256
_KEYS_BEHIND_ESC = "\x7f\tbf"
"""What terminals send behind an esc for ctrl+w, shift+tab and moving by words."""
_STRINGS = "]PX^_"
"""Introducers of strings: OSC, DCS, SOS, PM, APC."""
_EIGHT_BIT = {0x8F: "O", 0x90: "P", 0x98: "X", 0x9B: "[", 0x9D: "]", 0x9E: "^", 0x9F: "_"}
"""Introducers as one character (C1), and the same behind an esc."""
_ANSWER = re.compile(r"\x1b(?:\][\dlLI]|P[\d>!=|+$?]|_G)")
"""How answers begin that terminals are known to give as strings; nobody types that."""
_REST_OF_SEQUENCE = re.compile(r"\[[?<>=\d]|\[[A-DFHIOZ]\Z|O[A-D]\Z|\][\dlLI]|P[\d>!=|+$?]|_G")
"""What can only be the rest of a sequence whose esc came in a read of its own."""
_END_OF_STRING = re.compile("[\x07\x18\x1a\x1b\x9c]")
_MOUSE_BYTES = 3
"""Characters behind `CSI M`, the first form of mouse events."""
_C1 = range(0x80, 0xA0)
_RAW_BYTES = range(0xDC80, 0xDD00)
"""What `surrogateescape` makes of a byte that is no UTF-8."""


@dataclass(frozen=True, slots=True)
class PastedText:
    """What a bracketed paste held, as it is: its escape sequences, too, are text."""

    text: str


class _State(Enum):
    GROUND = auto()
    ESCAPE = auto()
    CSI = auto()
    SS3 = auto()
    MOUSE = auto()
    MAYBE_STRING = auto()
    STRING = auto()
    PASTE = auto()


Token: TypeAlias = str | PastedText
_BROKEN = re.compile("[\ud800-\udfff]")
"""Bytes that are no UTF-8, and halves of characters."""


def _whole(text: str) -> str:
    return _BROKEN.sub("\N{REPLACEMENT CHARACTER}", text)


class InputTokenizer:
    """Feed it what was read; it returns keys and sequences that Textual knows, and pastes. It never raises.

    A lone esc is returned as one, `esc` and a key right behind it as these two: a terminal sends the same bytes for alt
    with that key, and a slow line brings in one packet what was typed one after the other.
    """

    def __init__(self, is_used: Callable[[str], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """Begin between two keys.

        Args:
            is_used: whether somebody has given a key a meaning (`alt+n`).
            clock: seconds from anywhere.
        """
        self._is_used = is_used
        self._clock = clock
        self._state = _State.GROUND
        self._held = ""
        self._is_string_ending = False
        self._pasted: list[str] = []
        self._is_paste_left = False
        self._deadline: float | None = None
        self._rest_until = 0.0
        self._steps = {
            _State.GROUND: self._ground,
            _State.ESCAPE: self._escape,
            _State.CSI: self._csi,
            _State.SS3: self._ss3,
            _State.MOUSE: self._mouse,
            _State.MAYBE_STRING: self._string,
            _State.STRING: self._string,
            _State.PASTE: self._paste,
        }

    @property
    def patience(self) -> float | None:
        """Seconds after which `tick` has something to say; None where nothing is left open."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    def feed(self, data: str) -> list[Token]:
        """Return what has become whole. Bytes that are no UTF-8 come as `surrogateescape` makes them."""
        tokens = self.tick()
        if not data:
            return tokens
        if self._state is _State.GROUND and self._clock() < self._rest_until and _REST_OF_SEQUENCE.match(data):
            self._begin(_State.ESCAPE, ESC)
        self._rest_until = 0.0
        position = 0
        while position < len(data):
            position = self._steps[self._state](data, position, tokens)
        self._is_paste_left = self._state is _State.PASTE and data == ESC
        seconds = self._seconds_to_wait()
        self._deadline = None if seconds is None else self._clock() + seconds
        return tokens

    def tick(self) -> list[Token]:
        """Return what stands for itself now that nothing has followed it for long enough."""
        if self._deadline is None or self._clock() < self._deadline:
            return []
        self._deadline = None
        tokens: list[Token] = []
        if self._state is _State.PASTE:
            self._give_paste(tokens)
            return tokens
        if self._state is _State.ESCAPE:
            tokens.append(ESC)
            self._rest_until = self._clock() + STALL_SECONDS
        elif self._state is _State.MAYBE_STRING or self._held in (CSI, ESC + "O"):
            self._give_as_typed(tokens)
        self._begin(_State.GROUND)
        return tokens

    def _seconds_to_wait(self) -> float | None:
        if self._state is _State.GROUND:
            return None
        if self._state is _State.ESCAPE:
            return ESCAPE_SECONDS
        if self._state is _State.PASTE:
            return STALL_SECONDS if self._is_paste_left else PASTE_STALL_SECONDS
        if self._state is _State.MAYBE_STRING or self._held in (CSI, ESC + "O"):
            return UNSURE_SECONDS
        return STALL_SECONDS

    def _begin(self, state: _State, held: str = "") -> None:
        self._state, self._held, self._is_string_ending = state, held, False

    def _give_as_typed(self, tokens: list[Token]) -> None:
        """Give up on a sequence that never was one: esc and keys, typed fast."""
        introducer = self._held[1:2]
        if len(self._held) == len(CSI) and self._is_used(f"alt+{introducer}"):
            tokens.append(self._held)
        else:
            tokens.extend(_whole(self._held))

    # Each step takes some of the data, from a position on, and returns the position behind it.

    def _ground(self, data: str, position: int, tokens: list[Token]) -> int:
        char = data[position]
        code = ord(char)
        code = code - 0xDC00 if code in _RAW_BYTES else code
        if char == ESC:
            self._begin(_State.ESCAPE, ESC)
        elif code in _EIGHT_BIT:
            self._introduce(_EIGHT_BIT[code])
        elif code not in _C1:
            tokens.append(_whole(char))
        return position + 1

    def _introduce(self, introducer: str) -> None:
        states = {"[": _State.CSI, "O": _State.SS3}
        self._begin(states.get(introducer, _State.MAYBE_STRING), ESC + introducer)

    def _escape(self, data: str, position: int, tokens: list[Token]) -> int:
        char = data[position]
        if char == "[" or char == "O" or char in _STRINGS:
            self._introduce(char)
            return position + 1
        if char == ESC:
            tokens.append(ESC)
            return position + 1
        self._begin(_State.GROUND)
        if char in _KEYS_BEHIND_ESC or self._is_used(f"alt+{char}"):
            tokens.append(ESC + char)
            return position + 1
        tokens.append(ESC)
        return position

    def _csi(self, data: str, position: int, tokens: list[Token]) -> int:
        char = data[position]
        if self._held == CSI and char == "M":
            self._begin(_State.MOUSE, CSI)
        elif self._held == CSI and char == "[":
            self._held += char
        elif "@" <= char <= "~":
            self._finish(self._held + char, tokens)
        elif " " <= char <= "?":
            self._held += char if len(self._held) < _LONGEST_SEQUENCE else ""
            if char == "$" and is_known(self._held):  # rxvt ends shifted keys so
                self._finish(self._held, tokens)
        else:
            return self._abort(char, position)
        return position + 1

    def _ss3(self, data: str, position: int, tokens: list[Token]) -> int:
        char = data[position]
        if "@" <= char <= "~":
            self._finish(self._held + char, tokens)
        elif char.isdecimal() or char == ";":
            self._held += char if len(self._held) < _LONGEST_SEQUENCE else ""
        else:
            self._give_as_typed(tokens)
            return self._abort(char, position)
        return position + 1

    def _abort(self, char: str, position: int) -> int:
        """Forget a sequence that a character ended which cannot be in one. CAN and SUB are there for just that."""
        self._begin(_State.GROUND)
        return position + (char in "\x18\x1a")

    def _finish(self, sequence: str, tokens: list[Token]) -> None:
        self._begin(_State.GROUND)
        if sequence == PASTE_START:
            self._begin(_State.PASTE)
        elif known := translate(sequence):
            # Text that came as the numbers of its characters is given as if typed, one key each.
            tokens.extend([known] if known.startswith(ESC) else known)

    def _mouse(self, data: str, position: int, tokens: list[Token]) -> int:
        end = min(len(data), position + _MOUSE_BYTES + len(CSI) - len(self._held))
        self._held += data[position:end]
        if len(self._held) == len(CSI) + _MOUSE_BYTES:
            self._begin(_State.GROUND)
        return end

    def _string(self, data: str, position: int, tokens: list[Token]) -> int:
        if self._is_string_ending:
            return self._end_string(data, position, tokens)
        end = _END_OF_STRING.search(data, position)
        stop = end.start() if end else len(data)
        if self._state is _State.MAYBE_STRING:
            self._held += data[position : min(stop, position + _LONGEST_SEQUENCE)]
            if _ANSWER.match(self._held) or len(self._held) >= _LONGEST_SEQUENCE:
                self._state = _State.STRING
            elif any(char < " " for char in self._held[1:]):  # enter, ctrl and a letter: nobody's answer
                self._give_as_typed(tokens)
                self._begin(_State.GROUND)
                return stop
        if end is None:
            return stop
        if end[0] == ESC:
            self._is_string_ending = True
        else:
            self._begin(_State.GROUND)
        return end.end()

    def _end_string(self, data: str, position: int, tokens: list[Token]) -> int:
        """Look behind an esc within a string: a backslash ends it, all else is a sequence of its own."""
        if data[position] == "\\":
            self._begin(_State.GROUND)
            return position + 1
        if self._state is _State.MAYBE_STRING:
            self._give_as_typed(tokens)
        self._begin(_State.ESCAPE, ESC)
        return position

    def _paste(self, data: str, position: int, tokens: list[Token]) -> int:
        """Take text until the end of the paste. `held` is what may be the beginning of that end, cut by a read."""
        text = self._held + data[position:]
        end = text.find(PASTE_END)
        if end >= 0:
            position += end + len(PASTE_END) - len(self._held)
            self._keep(text[:end])
            self._is_paste_left = False
            self._give_paste(tokens, even_if_empty=True)
            self._begin(_State.GROUND)
            return position
        tail = next((n for n in range(len(PASTE_END) - 1, 0, -1) if text.endswith(PASTE_END[:n])), 0)
        self._keep(text[: len(text) - tail])
        self._held = text[len(text) - tail :]
        return len(data)

    def _keep(self, text: str) -> None:
        room = LARGEST_PASTE - sum(map(len, self._pasted))
        if text and room > 0:
            self._pasted.append(text[:room])

    def _give_paste(self, tokens: list[Token], *, even_if_empty: bool = False) -> None:
        """Give what was pasted so far. An esc alone, with nothing behind it, leaves a paste whose end never came."""
        text = _whole("".join(self._pasted).replace("\0", ""))
        self._pasted.clear()
        if text or even_if_empty:
            tokens.append(PastedText(text))
        if self._is_paste_left and self._held == ESC:
            self._begin(_State.GROUND)
            self._rest_until = self._clock() + STALL_SECONDS
