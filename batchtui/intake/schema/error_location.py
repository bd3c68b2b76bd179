"""Find the place in a request that an error of the schema is about: `locate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

UNION_KINDS = ("string_type", "list_type", "dict_type")
"""Errors that say "not a string", "not a list": of a union, both come."""


class ErrorLocation(NamedTuple):
    """Where in the request a fault stands."""

    path: tuple[str | int, ...]
    value: Any
    """What stands there; for a missing key, what it is missing from."""
    holder: Any
    """The object or list around it."""
    is_wrong_branch: bool
    """Whether the fault is that of a kind of tool which this is not."""

    @property
    def name(self) -> str:
        """The path as it is written, without the params around everything."""
        return ".".join(map(str, self.path)) or "params"

    @property
    def last(self) -> str | int:
        """The key or index it stands at."""
        return self.path[-1] if self.path else ""


def locate(loc: tuple[str | int, ...], params: Any) -> ErrorLocation:
    """Follow a location through the request, leaving out what only names a branch of the schema."""
    path: list[str | int] = []
    here = holder = params
    entered = wrong = False
    for index, step in enumerate(loc):
        is_last = index == len(loc) - 1
        if step in ("CustomTool", "ServerTool"):
            wrong = wrong or _is_custom(here) != (step == "CustomTool")
            continue
        # pydantic names the branch of a union by its tag, which is no key of the request.
        if isinstance(here, dict) and not entered and not is_last and step in (here.get("type"), here.get("role")):
            entered = True  # the tag of a union
            continue
        if isinstance(here, dict) and (step in here or is_last) and isinstance(step, str):
            if _is_label(step, here):
                continue
            holder, here = here, here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            holder, here = here, here[step]
        else:
            continue
        path.append(step)
        entered = False
    return ErrorLocation(tuple(path), here, holder, wrong)


def _is_custom(tool: Any) -> bool:
    """Whether a tool is the caller's own."""
    return not isinstance(tool, dict) or tool.get("type") in (None, "custom")


def _is_label(step: str, here: dict[str, Any]) -> bool:
    """Whether a last step is the name of a branch, and no key."""
    # Names of types begin with a capital letter; no key of the API does.
    return step not in here and ("[" in step or step[:1].isupper() or step in ("constrained-str", "str"))


def intended_branch(found: list[tuple[ErrorDetails, ErrorLocation]]) -> Iterator[tuple[ErrorDetails, ErrorLocation]]:
    """Of "a string or a list" keep the complaint of the branch that was meant."""
    for index, (detail, place) in enumerate(found):
        others = [(other, at) for i, (other, at) in enumerate(found) if i != index]
        if detail["type"] in UNION_KINDS:
            twins = [i for i, (other, at) in enumerate(found) if at.path == place.path and other["type"] in UNION_KINDS]
            if len(twins) > 1:
                if twins[0] == index:
                    yield detail, place
                continue
            if any(at.path[: len(place.path)] == place.path for _, at in others):
                continue
        yield detail, place
