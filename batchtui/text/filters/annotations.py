"""Parse terms such as `score:<3` or `!mark:accepted` about the columns beside results: `annotation_terms`."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from batchtui.domain.results.annotation import AnnotationColumn

_TOKEN = re.compile(r'(!?)([^\s:"!]+):((?:[^\s"]|"[^"]*"?)*)')
_COMPARISON = re.compile(r"(<=|>=|<|>|=)?(.*)", re.DOTALL)
_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "": operator.eq,
}  # fmt: skip
_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class AnnotationTerm:
    """One condition about a column. A cell without a value meets none, so a negated term takes it."""

    column: str
    operator: str
    value: str | float | bool
    is_negated: bool = False

    def is_met(self, cell: object) -> bool:
        """Return whether a cell with a value meets the condition, leaving `is_negated` aside."""
        if isinstance(self.value, str):
            said = str(cell).casefold()
            # Texts hold the value, as in the filter of batches; `=` asks for the whole of it.
            return said == self.value if self.operator == "=" else self.value in said
        return isinstance(cell, int | float) and _COMPARE[self.operator](cell, self.value)


def annotation_terms(text: str, columns: Sequence[AnnotationColumn]) -> tuple[tuple[AnnotationTerm, ...], str]:
    """Return the terms about these columns, and the rest of the text, which is searched for as it is.

    `field:value` where no column is called so stays in the rest: an answer may say such a thing. A term that is not
    typed to its end (`score:`, `score:<`) asks for nothing yet.
    """
    kinds = {column.alias.casefold(): column for column in columns if column.alias}
    kinds |= {column.name.casefold(): column for column in columns}
    terms: list[AnnotationTerm] = []

    def taken(found: re.Match[str]) -> str:
        column = kinds.get(found[2].casefold())
        compared = _COMPARISON.fullmatch(found[3])
        value = None if column is None or compared is None else _value(column, compared[2].replace('"', ""))
        if column is None or compared is None:
            return found[0]
        if value is not None:
            terms.append(AnnotationTerm(column.name, compared[1] or "", value, bool(found[1])))
        return " "

    rest = _TOKEN.sub(taken, text)
    return tuple(terms), " ".join(rest.split()) if terms or rest != text else text


def _value(column: AnnotationColumn, typed: str) -> str | float | bool | None:
    """Return what a cell is compared with; None where nothing of that kind is typed yet."""
    if not typed:
        return None
    if column.kind == "text":
        return typed.casefold()
    if column.kind == "flag":
        return _FLAGS.get(typed.casefold())
    try:
        return float(typed)
    except ValueError:
        return None
