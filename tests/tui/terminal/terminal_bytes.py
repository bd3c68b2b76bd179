"""What terminals send of their own accord, and random strings made after the grammars of xterm and kitty."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

ST, BEL = "\x1b\\", "\x07"
_LONG = "QUJD" * 3000
STRINGS = {
    "XTVERSION": "\x1bP>|xterm(390)",
    "DA3": "\x1bP!|7E565445",
    "DECRQSS": "\x1bP1$r0;1;4m",
    "DECRQSS invalid": "\x1bP0$r",
    "XTGETTCAP": "\x1bP1+r544e=787465726d2d6b69747479",
    "XTGETTCAP unknown": "\x1bP0+r524742",
    "DECRQPSR": "\x1bP2$t9/17/25",
    "colour of the palette": "\x1b]4;1;rgb:cdcd/0000/0000",
    "colours of the palette, long": "\x1b]4" + ";200;rgb:cccc/cccc/cccc" * 300,
    "foreground": "\x1b]10;rgb:ffff/ffff/ffff",
    "background": "\x1b]11;rgb:0000/0000/0000",
    "background with alpha": "\x1b]11;rgba:0000/0000/0000/ffff",
    "cursor's colour": "\x1b]12;rgb:ffff/ffff/ffff",
    "kitty's colours": "\x1b]21;foreground=rgb:ff/ff/ff;cursor=",
    "clipboard": "\x1b]52;c;cmVzdW1lIHdvcmtzCg==",
    "clipboard, long": f"\x1b]52;c;{_LONG}",
    "kitty's clipboard": "\x1b]5522;type=read:status=OK",
    "kitty's notification": "\x1b]99;i=1:p=?;p=title,body:o=always",
    "title": "\x1b]lcancel delete quit",
    "icon's title": "\x1b]Lxterm",
    "kitty graphics": "\x1b_Gi=31;OK",
    "kitty graphics, failure": "\x1b_Gi=31,p=2;ENOENT:no such file, press c to delete",
}
"""Answers that end with ST, or with BEL after some terminals."""
REPORTS = {
    "DA1": "\x1b[?62;4;6;22c",
    "DA1 of VT100": "\x1b[?1;2c",
    "DA2": "\x1b[>0;390;0c",
    "DA2 of tmux": "\x1b[>84;0;0c",
    "DSR": "\x1b[0n",
    "CPR": "\x1b[24;80R",
    "CPR like a key": "\x1b[1;2R",
    "DECXCPR": "\x1b[?24;80;1R",
    "DECRPM": "\x1b[?1;2$y",
    "DECRPM of ANSI modes": "\x1b[4;2$y",
    "DECRPM of mode 2048": "\x1b[?2048;2$y",
    "colour scheme": "\x1b[?997;1n",
    "kitty's flags": "\x1b[?25u",
    "modifyOtherKeys": "\x1b[>4;2m",
    "window size in pixels": "\x1b[4;600;800t",
    "window size in cells": "\x1b[8;24;80t",
    "screen size": "\x1b[9;50;200t",
    "window state": "\x1b[1t",
    "window place": "\x1b[3;10;20t",
    "in-band resize": "\x1b[48;24;80;480;800t",
    "in-band resize of nothing": "\x1b[48;0;0;0;0t",
    "in-band resize, monstrous": "\x1b[48;99999999;99999999;1;1t",
    "DECREQTPARM": "\x1b[2;1;1;128;128;1;0x",
    "DECRQCRA": "\x1bP1!~6F4D\x1b\\",
    "XTSMGRAPHICS": "\x1b[?2;0;1000;1000S",
    "XTCHECKSUM": "\x1b[?62n",
    "a mouse event of urxvt": "\x1b[32;10;5M",
    "a mouse event of X10": "\x1b[M !!",
    "the button that goes back": "\x1b[<128;3;3M",
    "a locator report": "\x1b[1;1;5;5;0&w",
}
"""Answers and reports that end by themselves."""
RELEASES = ("\x1b[113;5:3u", "\x1b[1;1:3B", "\x1b[106;1:3u", "\x1b[3;1:3~", "\x1b[57441;1:3u", "\x1b[27;1:3u")
"""Releases of keys (event type 3), and what no terminal should send at all."""
NONSENSE = (
    "\x1b[1114112u", "\x1b[55296u", "\x1b[0u", "\x1b[3u", "\x1b[99999999999999999999u", "\x1b[97;99999999999999999999u",
    "\x1b[97;5;99999999999999999999;4u", "\x1b[97;5:9u", "\x1b[:::u", "\x1b[;;;;;u", "\x1b[57999u", "\x1b[2;5A",
    "\x1b[99999999999999999999~", "\x1b[1;99999999999999999999A", "\x1b[97:65:3:4:5;5:3:9;65:66u", "\x1b[201~",
    "\x1b[<99999999999;1;1M", "\x1b[<0;1M", "\x1b[?" + "9;" * 3000 + "c", "\x1b[" + "1" * 5000 + "u", "\x1b[ q",
    "\x1b[!p", '\x1b["q', "\x1b[>|", "\x1bOZ", "\x1bO99z", "\x9b?62;4c",
)  # fmt: skip
ANSWERS = (*(text + end for text in STRINGS.values() for end in (ST, BEL)), *REPORTS.values(), *RELEASES, *NONSENSE)
"""All of these, the strings with either end."""


def _number(random: Random) -> str:
    kinds = ("", "0", "1", "27", str(random.randrange(300)), str(random.randrange(0x120000)), "9" * 20)
    return random.choice(kinds)


def _parameters(random: Random) -> str:
    fields = (":".join(_number(random) for _ in range(random.randrange(1, 4))) for _ in range(random.randrange(1, 6)))
    return ";".join(fields)


def _payload(random: Random) -> str:
    letters = "".join(chr(random.randrange(0x20, 0x7F)) for _ in range(random.randrange(60)))
    return random.choice((letters, f"rgb:{letters}", letters * 40, letters + "é漢\N{PILE OF POO}"))


def report(random: Random) -> str:
    """Return an answer or a report that stands for no key and that a terminal could send."""
    kind = random.randrange(8)
    if kind == 0:
        return random.choice(ANSWERS)
    if kind == 1:
        return f"\x1b]{random.randrange(2000)};{_payload(random)}{random.choice((ST, BEL))}"
    if kind == 2:
        return f"\x1bP{random.choice(('>|', '1$r', '0$r', '1+r', '0+r', '!|', '=1s'))}{_payload(random)}{ST}"
    if kind == 3:
        return f"\x1b_G{_payload(random)}{ST}"
    if kind == 4:
        return f"\x1b{random.choice('_^X')}{_payload(random)}{ST}"
    if kind == 5:
        final = random.choice(("c", "u", "n", "R", "$y", "S", "t", "m"))
        return f"\x1b[{random.choice('?>=')}{_parameters(random)}{final}"
    if kind == 6:  # with a number: `CSI c` alone is a key of rxvt's
        final = random.choice(("c", "n", "t", "x", "y", "$y", "&w", "h"))
        return f"\x1b[{random.randrange(99)};{_parameters(random)}{final}"
    number = random.choice((random.randrange(1, 0x110000), random.randrange(32, 127)))
    return f"\x1b[{number}:{_number(random)};{random.randrange(1, 257)}:3{random.choice('u~ABCDEFHPQS')}"


def key_like(random: Random) -> str:
    """Return what has the form of a key or of a mouse event, sound or not."""
    if random.random() < 0.3:
        return f"\x1b[<{_number(random)};{_number(random)};{_number(random)}{random.choice('Mm')}"
    return f"\x1b[{_parameters(random)}{random.choice('u~ABCDEFHPQRSZIO')}"


def noise(random: Random) -> bytes:
    """Return raw bytes, with more of those that begin and end sequences than chance would give."""
    special = b"\x1b\x1b\x1b[[]]PO_;:~\\\x07\x9b\x9c\x18?<>\xc2\xff"
    length = random.randrange(1, 40)
    return bytes(random.choice((random.choice(special), random.randrange(256))) for _ in range(length))
