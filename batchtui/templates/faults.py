"""What can be wrong with a template, and how it is worded for somebody who wrote a prompt."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from batchtui.templates.values import MAX_TEXT, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = (ArithmeticError, TypeError, ValueError, LookupError, AttributeError)
"""What Jinja and Python raise where a template and a row do not fit, beside Jinja's own errors."""


class InvalidTemplate(ValueError):
    """A template that is not written as it should be, or that asks for what the data does not have."""


def bounded(pieces: Iterator[str]) -> Iterator[str]:
    """Pass on pieces, as long as they make a text that a request can hold.

    Raises:
        OverflowError: they do not.
    """
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_TEXT:
            raise OverflowError(TOO_LONG)
        yield piece


def line_of(fault: Exception) -> str:
    """Return in which line of the template it happened, as words; empty where that is not known."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == "<template>"]
    return f", line {frames[-1].lineno}" if frames else ""


def reason_of(fault: Exception) -> str:
    """Word an error of Jinja's or Python's for somebody who wrote a prompt."""
    if isinstance(fault, KeyError):
        return f"there is no {fault}"
    return str(fault)[:300] or type(fault).__name__
