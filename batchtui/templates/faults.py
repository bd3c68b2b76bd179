"""Word what is wrong with a template for a person who wrote a prompt: `reason_of`, `line_of`."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from batchtui.templates.values import MAX_TEXT, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = (ArithmeticError, TypeError, ValueError, LookupError, AttributeError)
"""What Jinja and Python raise where a template and a row do not fit, beside Jinja's own errors."""


class InvalidTemplate(ValueError):
    """A template with a syntax error, or with a placeholder that the data has no value for."""


def bounded(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the pieces unchanged while their total length stays within `MAX_TEXT`.

    Raises:
        OverflowError: the text is longer.
    """
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_TEXT:
            raise OverflowError(TOO_LONG)
        yield piece


def line_of(fault: Exception) -> str:
    """Return the line of an error as words, such as `, line 3`; empty where it is unknown."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == "<template>"]
    return f", line {frames[-1].lineno}" if frames else ""


def reason_of(fault: Exception) -> str:
    """Return an error of Jinja or Python as a sentence for the author of a prompt."""
    if isinstance(fault, KeyError):
        return f"there is no {fault}"
    return str(fault)[:300] or type(fault).__name__
