"""Tell what a cell holds: a number, a date, an address, or text: `kind_of`."""

from __future__ import annotations

import re

_CURRENCY = r"(?:[$€£¥]|EUR|USD|GBP|CHF)"
_NUMBER = re.compile(
    rf"[-+(]?\s*{_CURRENCY}?\s*[-+]?(?:\d+|\d{{1,3}}(?:[.,'\u2019 \u00a0\u202f]\d{{3}})+)(?:[.,]\d+)?(?:[eE][-+]?\d+)?"
    rf"\s*(?:%|{_CURRENCY})?\)?-?|[-+]?[.,]\d+|[-+]?(?:inf|nan|NaN)"
)
_DATE = re.compile(
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,2}, ?\d{4}|\d{8}T\d{6}Z?)(?:[T ,]+\d{1,2}[:.]\d{2}.{0,16})?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
)
_ADDRESS = re.compile(
    r"[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-\S+"
)
_FLAG = re.compile(r"true|false|TRUE|FALSE|True|False")
# 1900 to 2199, fiscal years and quarters in either order: `FY2026`, `Q3 26`, `2026-Q3`.
_YEAR = re.compile(r"(?:19|20|21)\d\d|(?:FY|Q[1-4][ -/]?)(?:\d\d){1,2}|(?:\d\d){1,2}[ -/]?Q[1-4]")


def kind_of(cell: str) -> str:
    """Return what a cell holds: blank, number, date, address, flag or text."""
    cell = cell.strip()
    if not cell:
        return "blank"
    # The lengths bound the work: a cell may hold a book, and an expression with options must not walk through it.
    if len(cell) <= 40 and _NUMBER.fullmatch(cell):
        return "number"
    if len(cell) <= 60 and _DATE.fullmatch(cell):
        return "date"
    if _FLAG.fullmatch(cell):
        return "flag"
    return "address" if _ADDRESS.fullmatch(cell) else "text"


def is_year(cell: str) -> bool:
    """Whether a cell is a year or a quarter, which often is the name of a column."""
    return _YEAR.fullmatch(cell.strip()) is not None
