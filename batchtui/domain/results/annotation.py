"""A column beside results that is no part of the answer: `AnnotationColumn`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

AnnotationKind: TypeAlias = Literal["text", "integer", "number", "flag"]
"""What its cells hold, beside None."""


@dataclass(frozen=True, slots=True)
class AnnotationColumn:
    """A named column of values by custom_id, such as the score of a judge or the mark of a review."""

    name: str
    """As it is typed in `--fields` and in filters (`score:<3`)."""
    kind: AnnotationKind = "text"
    is_usual: bool = True
    """Whether a table has it without being asked for it by name."""
    alias: str = ""
    """Another name for it in filters, such as `label` for `labels`; empty for none."""
