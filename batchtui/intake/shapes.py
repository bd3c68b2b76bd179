"""Group requests by the skeleton of their params, cheaply enough to do it to every one: `Shapes`, `raw_key`."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any, NamedTuple

from batchtui.intake.types import CheckedRequest, Shape

MOST_SHAPES = 300
"""Requests of further shapes are counted with the last."""
_ALWAYS = frozenset({"model", "max_tokens", "messages", "system", "tools"})
_LONG_CONVERSATION = 3
_LONGEST_TEXT = 300
EXAMPLES_KEPT = 1 << 25
"""Bytes of example payloads kept in all; a shape that comes too late for it has an empty one."""


class Key(NamedTuple):
    """The key of a skeleton, as it stands in the request: requests with equal keys have equal skeletons."""

    names: tuple[str, ...]
    """The keys of params."""
    model: str
    turns: tuple[str | tuple[str, ...], ...]
    """The role, with the kinds of blocks after it where the content is a list."""
    system: tuple[str, ...] | None
    """Kinds of blocks; None where it is a string or absent."""
    tools: tuple[str, ...] | None
    cached_tools: int
    """How many of the tools carry cache_control."""

    @property
    def kinds(self) -> set[str]:
        """All kinds of blocks in messages."""
        return {kind for turn in self.turns if isinstance(turn, tuple) for kind in turn[1:]}

    @property
    def traits(self) -> frozenset[str]:
        """Everything that it holds, by name."""
        marks = {"cache_control"} if self.cached_tools else set()
        return frozenset({*self.names, *self.kinds, *(self.system or ()), *(self.tools or ()), *marks})

    @property
    def cache_marks(self) -> int:
        """How often cache_control stands in it, without what is inside tool results."""
        said = sum(kind.endswith("+cache") for turn in self.turns if isinstance(turn, tuple) for kind in turn[1:])
        return said + sum(kind.endswith("+cache") for kind in self.system or ()) + self.cached_tools

    def role(self, turn: int) -> str:
        """Return who speaks in a turn."""
        said = self.turns[turn]
        return said if isinstance(said, str) else said[0]


def raw_key(params: dict[str, Any]) -> tuple[Any, ...]:
    """Return the fields of a `Key`; a plain tuple, as this runs once for every request."""
    turns = []
    for message in params["messages"]:
        content = message["content"]
        # `type(…) is` and not isinstance: the schema lets only these types pass, and this is the inner loop.
        turns.append(message["role"] if type(content) is str else (message["role"], *_kinds(content)))
    system = params.get("system")
    tools = params.get("tools")
    return (
        tuple(params),
        params["model"],
        tuple(turns),
        tuple(_kinds(system)) if type(system) is list else None,
        tuple([tool.get("name") or tool["type"] for tool in tools]) if tools else None,
        # Lists, not generators: they are faster, and this runs for every request.
        sum(["cache_control" in tool for tool in tools]) if tools else 0,
    )


def _kinds(blocks: list[dict[str, Any]]) -> list[str]:
    """Name the blocks, marking those that end a cached stretch."""
    return [block["type"] if "cache_control" not in block else block["type"] + "+cache" for block in blocks]


class Shapes:
    """The skeletons seen so far. Knows one request of each, and how many there are."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._first: dict[int, tuple[Key, CheckedRequest]] = {}
        self._room = EXAMPLES_KEPT
        self._counts: Counter[int] = Counter()

    def identify(self, key: Key) -> tuple[int, bool]:
        """Return the id of a skeleton, from 1, and whether it is new: a new one wants an example."""
        text = skeleton(key)
        known = self._ids.get(text)
        if known is not None:
            return known, known not in self._first
        if len(self._ids) >= MOST_SHAPES:
            # Not refused: shapes are for a summary and for canaries, and a file may have any number.
            return MOST_SHAPES, False
        self._ids[text] = len(self._ids) + 1
        return len(self._ids), True

    def count(self, shape: int, requests: int) -> None:
        """Count requests of a shape."""
        self._counts[shape] += requests

    def exemplify(self, key: Key, example: CheckedRequest) -> None:
        """Keep the first request of a shape; several keys may have it, and each may ask for an example."""
        if example.shape not in self._first:
            self._room -= len(example.payload)
            # Without its payload it can be no canary, but it still names a line to look at.
            self._first[example.shape] = key, example if self._room >= 0 else example._replace(payload=b"")

    def all(self) -> tuple[Shape, ...]:
        """Return every shape in order of appearance."""
        return tuple(
            Shape(
                id=example.shape,
                count=self._counts[example.shape],
                skeleton=skeleton(key),
                model=example.model,
                custom_id=example.custom_id,
                file=example.file,
                line=example.line,
                payload=example.payload,
                traits=key.traits,
            )
            for key, example in self._first.values()
        )


def skeleton(key: Key) -> str:
    """Write a skeleton as one line of text; long conversations of the same kinds of turns look alike."""
    parts = [key.model]
    if "system" in key.names:
        parts.append("system" if key.system is None else f"system({_collapsed(key.system)})")
    said = [turn if isinstance(turn, str) else f"{turn[0]}({_collapsed(turn[1:])})" for turn in key.turns]
    if len(said) > _LONG_CONVERSATION:
        said = [*dict.fromkeys(said), "…"]
    parts.append(", ".join(said))
    if key.tools:
        parts.append("tools: " + ", ".join(key.tools))
    parts += sorted(set(key.names) - _ALWAYS)
    text = " · ".join(parts)
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _collapsed(kinds: tuple[str, ...]) -> str:
    """Write kinds of blocks, several in a row as one."""
    return ", ".join(f"{kind}…" if len(list(run)) > 1 else kind for kind, run in groupby(kinds))
