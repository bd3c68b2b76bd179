"""Grouping requests by the skeleton of their params, cheaply enough to do it to every one."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from batchtui.intake.contract import CheckedRequest, Shape

if TYPE_CHECKING:
    from collections.abc import Hashable

MOST_SHAPES = 300
"""Requests of further shapes are counted with the last."""
_ALWAYS = frozenset({"model", "max_tokens", "messages", "system", "tools"})
_LONG_CONVERSATION = 3
_LONGEST_TEXT = 300
EXAMPLES_KEPT = 1 << 25
"""Bytes of example payloads kept in all; a shape that comes too late for it has an empty one."""


def raw_key(params: dict[str, Any]) -> tuple[Hashable, ...]:
    """Return what tells skeletons apart, as it stands in the request: equal keys have equal skeletons.

    Runs once for every request: (keys, model, turns, kind of system, names of tools).
    """
    turns = []
    for message in params["messages"]:
        content = message["content"]
        turns.append(message["role"] if type(content) is str else (message["role"], *_kinds(content)))
    system = params.get("system")
    tools = params.get("tools")
    return (
        tuple(params),
        params["model"],
        tuple(turns),
        tuple(_kinds(system)) if type(system) is list else None,
        tuple([tool.get("name", tool.get("type")) for tool in tools]) if tools else None,
    )


def _kinds(blocks: list[dict[str, Any]]) -> list[str]:
    """Name the blocks, marking those that end a cached stretch."""
    return [block["type"] if "cache_control" not in block else block["type"] + "+cache" for block in blocks]


def needs_closer_look(key: tuple[Any, ...], plain: frozenset[str]) -> bool:
    """Whether rules across keys can apply to requests of this skeleton; `plain` are the keys that have none."""
    keys, _, turns, system, _ = key
    if not plain.issuperset(keys) or (system and set(system) != {"text"}):
        return True
    for turn in turns:
        if type(turn) is not str and not {"text"}.issuperset(turn[1:]):
            return True
    first, last = (turn if type(turn) is str else turn[0] for turn in (turns[0], turns[-1]))
    return bool(first == "system" or last != "user")


class Shapes:
    """The skeletons seen so far. Knows one request of each, and how many there are."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._first: list[tuple[str, CheckedRequest]] = []
        self._room = EXAMPLES_KEPT
        self._counts: Counter[int] = Counter()

    def identify(self, key: tuple[Any, ...]) -> tuple[int, bool]:
        """Return the id of a skeleton, from 1, and whether it is new: a new one wants an example."""
        text = skeleton(key)
        known = self._ids.get(text)
        if known is not None:
            return known, not self._has_example(known)
        if len(self._ids) >= MOST_SHAPES:
            return MOST_SHAPES, False
        self._ids[text] = len(self._ids) + 1
        return len(self._ids), True

    def _has_example(self, shape: int) -> bool:
        """Whether a request of this shape was kept."""
        return any(example.shape == shape for _, example in self._first)

    def count(self, shape: int, requests: int) -> None:
        """Count requests of a shape."""
        self._counts[shape] += requests

    def exemplify(self, key: tuple[Any, ...], example: CheckedRequest) -> None:
        """Keep the first request of a shape."""
        text = skeleton(key)
        self._room -= len(example.payload)
        self._first.append((text, example if self._room >= 0 else example._replace(payload=b"")))

    def all(self) -> tuple[Shape, ...]:
        """Return every shape in order of appearance."""
        return tuple(
            Shape(
                id=example.shape,
                count=self._counts[example.shape],
                skeleton=text,
                model=example.model,
                custom_id=example.custom_id,
                file=example.file,
                line=example.line,
                payload=example.payload,
            )
            for text, example in self._first
        )


def skeleton(key: tuple[Any, ...]) -> str:
    """Write a skeleton as one line of text; long conversations of the same kinds of turns look alike."""
    keys, model, turns, system, tools = key
    parts = [str(model)]
    if "system" in keys:
        parts.append("system" if system is None else f"system({_collapsed(system)})")
    said = [turn if type(turn) is str else f"{turn[0]}({_collapsed(turn[1:])})" for turn in turns]
    if len(said) > _LONG_CONVERSATION:
        said = [*dict.fromkeys(said), "…"]
    parts.append(", ".join(said))
    if tools:
        parts.append("tools: " + ", ".join(map(str, tools)))
    parts += sorted(set(keys) - _ALWAYS)
    text = " · ".join(parts)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _collapsed(kinds: tuple[str, ...]) -> str:
    """Write kinds of blocks, several in a row as one."""
    return ", ".join(f"{kind}…" if len(list(run)) > 1 else kind for kind, run in groupby(kinds))
