"""A problem that checking found in the input, with every line it occurs on: `Problem`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error stops a submission; a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: where, what, and what to do about it."""

    file: str
    line: int | None
    """Line of the file, or number of the element in a JSON array, from 1; None where the whole file is meant."""
    custom_id: str | None
    severity: Severity
    code: str
    """A stable word for scripts, kebab-case, like `custom-id-pattern`: `batchtui help CODE` explains it."""
    message: str
    hint: str = ""
    count: int = 1
    """How many places have this very problem; `file` and `line` are the first."""
    lines: tuple[int, ...] = ()
    """The first few lines with it, the first included."""
