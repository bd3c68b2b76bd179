"""The sandbox that templates are worked out in: no way out of it, and no text without end."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

LONGEST = 50_000_000
"""Characters that one text may have: ten times what the longest context holds."""


_WIDENING = frozenset({"format", "format_map", "center", "ljust", "rjust", "zfill", "expandtabs"})


def said(value: Any) -> Any:
    """Return what a gap says for a value: text as it is, nothing for null, and JSON for what JSON has words for."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


@cache
def sandbox() -> SandboxedEnvironment:
    """Return the one environment: no attributes that lead outside, no loader, and a gap without a value is an error."""
    from jinja2 import StrictUndefined
    from jinja2.filters import do_center, do_indent
    from jinja2.sandbox import SandboxedEnvironment

    class Bounded(SandboxedEnvironment):
        """Refuses to repeat or to widen anything beyond what a request could hold."""

        intercepted_binops = frozenset({"*", "**", "%"})

        def wrap_str_format(self, value: Any) -> None:
            """Leave the methods that format text to `is_safe_attribute`, which refuses them."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            """Whether a template may use it; methods that widen a text at will are left out."""
            return not (isinstance(obj, str) and attr in _WIDENING) and super().is_safe_attribute(obj, attr, value)

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            """Work out `left operator right`, where the result stays small."""
            if operator == "%" and isinstance(left, str):
                raise OverflowError("text is not formatted with % here; write {{ gaps }}")
            if operator == "**" and not _is_small_power(left, right):
                raise OverflowError("the number is too large")
            if operator == "*" and not _is_small_product(left, right):
                raise OverflowError("the text is too long")
            return super().call_binop(context, operator, left, right)

    def center(value: str, width: int = 80) -> str:
        return do_center(value, min(width, 1000))

    def indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
        return do_indent(text, min(width, 1000) if isinstance(width, int) else width[:1000], first, blank)

    made = Bounded(undefined=StrictUndefined, finalize=said, autoescape=False)
    made.globals.pop("lipsum")
    made.filters |= {"center": center, "indent": indent}
    made.filters.pop("format")
    return made


def _is_small_power(base: Any, power: Any) -> bool:
    if not isinstance(base, int | float) or not isinstance(power, int | float):
        return False
    return abs(power) * math.log2(abs(base) + 2) < 4096


def _is_small_product(left: Any, right: Any) -> bool:
    for one, other in ((left, right), (right, left)):
        if isinstance(other, int) and hasattr(one, "__len__") and len(one) * other > LONGEST:
            return False
    return True
