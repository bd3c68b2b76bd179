"""Whatever stands in a line, the check says so and goes on."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from batchtui.domain.limits import API_VERSION, LEGACY_API_VERSION
from batchtui.intake.checker import Checker
from tests.intake.builders import PNG, assistant, options, request, user

if TYPE_CHECKING:
    from collections.abc import Iterator

RICH = request(
    "rich",
    system=[{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}],
    tools=[{"name": "a", "input_schema": {"type": "object"}}, {"type": "web_search_20260318", "name": "web_search"}],
    tool_choice={"type": "tool", "name": "a"},
    thinking={"type": "enabled", "budget_tokens": 2000},
    stop_sequences=["x"],
    output_config={"effort": "low"},
    context_management={"edits": []},
    temperature=0.5,
    messages=[
        user("x", {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}),
        assistant("y", {"type": "tool_use", "id": "t", "name": "a", "input": {}}),
        user({"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "z"}]}),
        assistant("Well"),
    ],
)
TASK = {"task_id": "t", "task_type": "analyze_logs", "input_data": {"a": 1}, "model_tier": "cheap"}
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [[], {}, [{}], {"type": "text"}, {"type": []}, {"type": "tool_use"}, [[]], "\ud800", {"role": "user"}]
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything inside."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*path, key))


def with_change(value: Any, path: tuple[Any, ...], new: Any, *, drop: bool) -> Any:
    """Return a copy with another value at a path, or without it."""
    if not path:
        return new
    changed = copy.deepcopy(value)
    here = changed
    for key in path[:-1]:
        here = here[key]
    if drop:
        del here[path[-1]]
    else:
        here[path[-1]] = new
    return changed


@pytest.mark.long
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([RICH, TASK]),
    st.lists(st.tuples(st.integers(0, 200), ANYTHING, st.booleans()), min_size=1, max_size=3),
    st.sampled_from([API_VERSION, LEGACY_API_VERSION]),
    st.booleans(),
)
def test_no_value_anywhere_stops_the_check(
    value: Any, changes: list[tuple[int, Any, bool]], version: str, overrides: bool
) -> None:
    for index, new, drop in changes:
        paths = list(places(value))
        value = with_change(value, paths[index % len(paths)], new, drop=drop)
    checker = Checker(
        options(api_version=version, **({"model": "claude-opus-5-5", "max_tokens": 9} if overrides else {}))
    )
    line = json.dumps(value).encode()
    checker.places.open("file")
    good = checker.check("file", 1, [line, json.dumps(request("after")).encode()])
    assert good[-1].custom_id == "after"
    assert len(good) == 2 or checker.findings.errors
    for each in good:
        assert set(json.loads(each.payload)) == {"custom_id", "params"}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60))
def test_no_bytes_stop_the_check(junk: bytes) -> None:
    checker = Checker(options())
    checker.places.open("file")
    good = checker.check("file", 1, [junk, json.dumps(request("after")).encode()])
    assert [each.custom_id for each in good] == ["after"]
    # Files that were put together have a mark before each; a line of nothing else is empty.
    assert bool(junk.removeprefix(b"\xef\xbb\xbf").strip()) == bool(checker.findings.errors)
