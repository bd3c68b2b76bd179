"""Bound Jinja's operations: repeating, joining and widening text stop at what a request could hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jinja2 import pass_context
from jinja2.compiler import CodeGenerator
from jinja2.filters import do_center, do_indent
from jinja2.sandbox import SandboxedEnvironment

from batchtui.templates.values import MAX_TEXT, TOO_LONG, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_WIDTH = 1000
"""Columns that a text may be padded or indented to."""
_WIDENING = frozenset({"format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs"})


class _BoundedCode(CodeGenerator):
    """Joins texts (`a ~ b`) by a function that refuses to make them too long."""

    def visit_Concat(self, node: Any, frame: Any) -> None:  # noqa: N802 (Jinja's name for it)
        """Write the call in the place of Jinja's own."""
        self.write("environment.join_texts((")
        for operand in node.nodes:
            self.visit(operand, frame)
            self.write(", ")
        self.write("))")


class BoundedEnvironment(SandboxedEnvironment):
    """Refuses to repeat, to join or to widen anything beyond what a request could hold."""

    code_generator_class = _BoundedCode
    # Jinja calls `call_binop` only for the operators in this set, and never for `~`: see `_BoundedCode`.
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def wrap_str_format(self, value: Any) -> None:
        """Leave the methods that format text to `is_safe_attribute`, which refuses them."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Return whether a template may use it; methods that widen a text at will are left out."""
        return not (isinstance(obj, str) and attr in _WIDENING) and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return `obj.attribute`. The keys of a dict win over its methods: `order.items` is data."""
        if isinstance(obj, dict) and attribute in obj:
            return _readable(obj[attribute])
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return `obj[argument]`."""
        return _readable(super().getitem(obj, argument))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return `left operator right`. Raises OverflowError where the result would be too large."""
        # `"%999999999d" % 1` would make a gigabyte.
        if operator == "%" and isinstance(left, str):
            raise OverflowError("text is not formatted with % here; write {{ column }}")
        if operator == "**" and not _is_small_power(left, right):
            raise OverflowError("the number is too large")
        if operator == "*" and not _is_small_product(left, right):
            raise OverflowError(TOO_LONG)
        if operator == "+" and _length(left) + _length(right) > MAX_TEXT:
            raise OverflowError(TOO_LONG)
        return super().call_binop(context, operator, left, right)

    def join_texts(self, operands: Iterable[Any]) -> str:
        """Return the operands of `a ~ b` joined.

        Raises:
            OverflowError: it would be too long.
        """
        texts = [str(operand) for operand in operands]
        if sum(map(len, texts)) > MAX_TEXT:
            raise OverflowError(TOO_LONG)
        return "".join(texts)


def _readable(value: Any) -> Any:
    """Return a value, bytes as text: filters would make `b'…'` of them."""
    return as_text(value) if type(value) is bytes else value


@pass_context
def finalize(_context: Any, value: Any) -> Any:
    """Return what a placeholder writes.

    It asks for the context so that Jinja does not work out constant expressions while it compiles, where
    `{{ [1] | slice(10**9) | list }}` would never come back (jinja2.compiler.CodeGenerator._make_finalize).
    """
    return as_text(value)


def center(value: str, width: int = 80) -> str:
    """Return the text centred in `width` columns, at most `MAX_WIDTH`."""
    return do_center(value, min(width, MAX_WIDTH))


def indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    """Return the text with its lines indented by `width`, at most `MAX_WIDTH`."""
    bounded = min(width, MAX_WIDTH) if isinstance(width, int) else width[:MAX_WIDTH]
    return do_indent(text, bounded, first, blank)


def dumps(value: Any, sort_keys: bool = False, indent: int | None = None) -> str:
    """Return the JSON of the filter `tojson`."""
    return as_json(value, indent, sort_keys=sort_keys, ensure_ascii=True)


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _is_small_power(base: Any, power: Any) -> bool:
    if not isinstance(base, int | float) or not isinstance(power, int | float):
        return False
    return abs(power) * math.log2(abs(base) + 2) < 4096


def _is_small_product(left: Any, right: Any) -> bool:
    if isinstance(left, int) and isinstance(right, int):
        return left.bit_length() + right.bit_length() < 1 << 16
    for one, other in ((left, right), (right, left)):
        if isinstance(other, int) and hasattr(one, "__len__") and len(one) * other > MAX_TEXT:
            return False
    return True
