"""The sandbox of templates: the one Jinja environment, with no way out of it.

What bounds memory and time for certain is `render_process`; the bounds of `bounded_jinja` turn the usual mistakes into
a sentence at once, also on systems that do not keep a process to its memory. Jinja is imported when it is first needed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment


@cache
def sandbox() -> SandboxedEnvironment:
    """Return the one environment: no attributes that lead outside, no loader, and a missing value is an error."""
    from jinja2 import StrictUndefined

    from batchtui.templates.bounded_jinja import BoundedEnvironment, center, dumps, finalize, indent

    made = BoundedEnvironment(undefined=StrictUndefined, finalize=finalize, autoescape=False, optimized=False)
    made.globals.pop("lipsum")
    made.filters |= {"center": center, "indent": indent}
    made.filters.pop("format")
    made.policies["json.dumps_function"] = dumps
    return made
