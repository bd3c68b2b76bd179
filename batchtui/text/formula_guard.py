"""Keep spreadsheets from running a cell: `guard_formula` marks what they would take for a formula, and nothing else.

Models write cells that begin like formulas all day (`- item`, `-5%`, `+49 151`, `@name`), so a rule that goes by the
first sign alone (OWASP, "CSV injection") damages more than it protects. Here the text after the sign decides. The mark
is an apostrophe, as in spreadsheets; `unguard_formula` takes off exactly what `guard_formula` put on.
"""

from __future__ import annotations

import re

MARK = "'"
LEADS = frozenset("=+-@'\t\r\n \0\v\f\xa0\u200b\u3000\ufeff＝＋－＠")
"""What a guarded cell can begin with: a cell that begins otherwise needs no closer look."""
_BLANKS = " \t\r\n\0\v\f\xa0\u200b\u3000\ufeff"
"""What some programs skip before they look for a formula."""
_ASCII = str.maketrans("＝＋－＠", "=+-@")
_REACHES_OUT = re.compile(
    r"\b(?:HYPERLINK|WEBSERVICE|FILTERXML|ENCODEURL|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE|SQL\.REQUEST|INDIRECT|INFO|CELL"
    r"|IMAGE|IMPORT(?:XML|DATA|FEED|HTML|RANGE)|GOOGLE(?:FINANCE|TRANSLATE)|QUERY)\s*\(",
    re.IGNORECASE,
)
"""Functions that read or send beyond the table; they are nowhere in a formula by chance."""
_CALLS_A_PROGRAM = re.compile(r"[\w.'\"]\s*\|[^|]*![\w'\"$]")
"""Dynamic data exchange: `cmd|' /C calc'!A0`."""
_SIGNS = re.compile(r"[-+@=]+")
_CALL = re.compile(r"\$?[A-Za-z_\\][\w.]*\(")
_CELL = re.compile(r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?\s*")
"""The address of a cell: `-A1` alone shows what stands there."""
_BUILT_IN = re.compile(r"[A-Z][A-Z0-9.]*\(")
_SUM = re.compile(r"(?:[\w.$%]|\"[^\"]*\"|\([^()]*\))+[+*^&][-+@\w($\"']")
"""An operand, an operator and the beginning of another operand."""


def guard_formula(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would run it; otherwise the text itself.

    A text that is an apostrophe and a formula already gets another one, so that `unguard_formula` can tell the two.
    """
    return MARK + text if text[:1] in LEADS and is_formula(text.lstrip(MARK)) else text


def unguard_formula(text: str) -> str:
    """Return what `guard_formula` was given."""
    return text[1:] if text[:1] == MARK and is_formula(text.lstrip(MARK)) else text


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet could run a cell with this text.

    `=` always begins one, and so does a tab or a carriage return, which some programs skip. After `+`, `-` and `@` it
    takes an expression: a call, a sum, a reference to another program.
    """
    if text[:1] in ("\t", "\r"):
        return True
    bare = text.lstrip(_BLANKS).translate(_ASCII)
    if bare[:1] == "=":
        return True
    if bare[:1] not in ("+", "-", "@"):
        return False
    if _REACHES_OUT.search(bare) or _CALLS_A_PROGRAM.search(bare):
        return True
    signs = _SIGNS.match(bare)
    rest = bare[signs.end() :] if signs else ""
    if rest[:1].isspace():  # `- call(x)` is an item of a list; `- SUM(A1)` is a formula to a spreadsheet
        return _BUILT_IN.match(rest.lstrip()) is not None
    return any((_CALL.match(rest), _SUM.match(rest), _CELL.fullmatch(rest)))
