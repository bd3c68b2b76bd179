"""Translate the control sequence of a key, a mouse event or a report into the form that Textual reads without fault.

`translate` knows the grammar of xterm and of kitty's keyboard protocol
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/). Textual 8.2.8 reads a part of it, raises ValueError for the rest
(alternate keys, event types, code points that are none) and takes what it does not know for typed letters.
"""

from __future__ import annotations

import re

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS

CSI = "\x1b["
FOCUS_IN, FOCUS_OUT = "\x1b[I", "\x1b[O"
_CSI = re.compile(r"\x1b\[([<-?]?)([\d;:]*)([ -/]*)([@-~])")
_MOUSE = re.compile(r"\x1b\[<(\d{1,3});-?\d{1,5};-?\d{1,5}[Mm]")
_SYNCHRONIZED_OUTPUT = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_OLD_MODIFIED_KEY = re.compile(r"\x1bO(?:1;)?([2-8])([A-DFHP-S])")
_EXTRA_BUTTON = 128
"""Bit of the buttons 8 to 11 (back, forward). Textual masks it away and would take "back" for a click."""
_FIELD = re.compile(r"\d{0,7}(?::\d{0,7})*")
_RELEASE = 3
_SHIFT, _ALT, _CTRL, _LOCKS = 1, 2, 4, 0b1100_0000
_LARGEST_MODIFIERS = 256
_MODIFY_OTHER_KEYS = 27
"""`CSI 27 ; modifiers ; code point ~` is xterm's older form of `CSI code point ; modifiers u`."""
_CONTROL_KEYS = (9, 13, 27, 127)
"""Control characters that are keys of their own: tab, enter, esc, backspace."""
_MOST_TEXT = 16
"""Code points of text that one key may come with."""


def is_known(sequence: str) -> bool:
    """Return whether this very sequence stands for a key in Textual's table."""
    return sequence in ANSI_SEQUENCES_KEYS


def translate(sequence: str) -> str | None:
    """Return what Textual reads for a complete CSI or SS3 sequence; None for what it must not see.

    Answers of the terminal (device attributes, colours, cursor position, modes) are not for Textual, apart from the one
    that it asks for: whether output can be synchronized. Reports of a new size (mode 2048) are left out too: SIGWINCH
    says the same and cannot be forged by what is shown, and a size of no pixels makes Textual divide by zero.
    """
    match = _CSI.fullmatch(sequence)
    if match is None:
        return _translate_other(sequence)
    prefix, parameters, intermediates, final = match.groups()
    if mouse := _MOUSE.fullmatch(sequence):
        return sequence if int(mouse[1]) < _EXTRA_BUTTON else None
    if _SYNCHRONIZED_OUTPUT.fullmatch(sequence) or sequence in (FOCUS_IN, FOCUS_OUT):
        return sequence
    if prefix or intermediates or (final == "R" and parameters):  # `CSI row ; column R` says where the cursor is
        return None
    if is_known(sequence):
        return sequence
    return _key(parameters, final) if final in "u~ABCDEFHPQS" else None


def _translate_other(sequence: str) -> str | None:
    """Linux' function keys (`CSI [ A`), rxvt's (`CSI 3 $`) and what SS3 introduces."""
    if is_known(sequence):
        return sequence
    old = _OLD_MODIFIED_KEY.fullmatch(sequence)
    return translate(f"{CSI}1;{old[1]}{old[2]}") if old else None


def _key(parameters: str, final: str) -> str | None:
    """Translate `code point : alternates ; modifiers : event type ; text`."""
    fields = parameters.split(";")
    if len(fields) > 3 or not all(map(_FIELD.fullmatch, fields)):
        return None
    code, modifiers, text = (field.split(":") for field in [*fields, "", ""][:3])
    event_type = int((modifiers[1:] or ["1"])[0] or 1)
    mask = int(modifiers[0] or 1)
    if event_type >= _RELEASE or event_type == 0 or mask > _LARGEST_MODIFIERS:
        return None
    held = max(0, mask - 1) & ~_LOCKS
    number = int(code[0] or 1)
    if final == "u":
        return _unicode_key(number, int((code[1:] or ["0"])[0] or 0), held, _text(text))
    if final == "~" and number == _MODIFY_OTHER_KEYS:
        return _unicode_key(int(text[0] or 0), 0, held, "")
    if f"{number}{final}" not in FUNCTIONAL_KEYS and not is_known(f"{CSI}{number}{final}"):
        return None
    return f"{CSI}{number};{held + 1}{final}" if held else _plain(number, final)


def _plain(number: int, final: str) -> str:
    """Write a functional key without modifiers."""
    return f"{CSI}{number}~" if final == "~" else f"{CSI}{final}"


def _unicode_key(code: int, shifted: int, held: int, text: str) -> str | None:
    """Translate the key of a code point, with what it is shifted (0: not told), its modifiers and the text it makes."""
    if code == 0:  # text that no key has made, as an input method's
        return text or None
    if f"{code}u" not in FUNCTIONAL_KEYS and not _is_printable(code):
        return None
    if held & ~(_SHIFT | _ALT):  # a command, whatever text the terminal says
        text = ""
    if text:
        return f"{CSI}{code};{held + 1};{':'.join(str(ord(char)) for char in text)}u"
    if f"{code}u" not in FUNCTIONAL_KEYS and held in (0, _SHIFT):
        typed = chr(shifted) if held and _is_printable(shifted) else chr(code)
        return typed.upper() if held and len(typed.upper()) == 1 else typed
    return f"{CSI}{code};{held + 1}u" if held else f"{CSI}{code}u"


def _text(codes: list[str]) -> str:
    """Return the text of a key; nothing where it holds what no key types."""
    numbers = [int(code) for code in codes if code][:_MOST_TEXT]
    return "".join(map(chr, numbers)) if all(map(_is_printable, numbers)) else ""


def _is_printable(code: int) -> bool:
    """Return whether a code point is a character: no control, no surrogate, no functional key of kitty's, in range."""
    if code in _CONTROL_KEYS:
        return False
    is_control = code < 0x20 or 0x7F <= code < 0xA0
    is_private = 0xE000 <= code <= 0xF8FF
    return not is_control and not is_private and code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
