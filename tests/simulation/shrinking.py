"""Shortening a story that breaks an invariant, as long as it breaks the same one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from tests.simulation.history import run
from tests.simulation.invariants import ENDLESS
from tests.simulation.story import HomePlan, MachinePlan
from tests.simulation.world import Weather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.history import History
    from tests.simulation.story import Step, Story

MOST_TRIES = 400
MOST_OF_ENDLESS = 60
"""A history without an end takes as long as twenty others."""


def shrink(history: History, most: int = MOST_TRIES) -> History:
    """Return the shortest history found that breaks the invariant which this one breaks."""
    assert history.violated is not None
    rule, best, tries = history.violated.rule, history, 0
    most = min(most, MOST_OF_ENDLESS) if rule == ENDLESS else most
    is_shorter = True
    while is_shorter and tries < most:
        is_shorter = False
        for candidate in _shorter(best.story):
            tries += 1
            found = run(candidate)
            if found.violated is not None and found.violated.rule == rule:
                best, is_shorter = found, True
                break
            if tries >= most:
                break
    return best


def _shorter(story: Story) -> Iterator[Story]:
    """Stories that are a little simpler, the boldest cuts first."""
    steps = story.steps
    size = len(steps) // 2
    while size:
        for start in range(0, len(steps), size):
            if cut := steps[:start] + steps[start + size :]:
                yield replace(story, steps=cut)
        size //= 2
    yield from _calmer(story)
    for number, step in enumerate(steps):
        for simpler in _simpler(step):
            yield replace(story, steps=(*steps[:number], simpler, *steps[number + 1 :]))


def _calmer(story: Story) -> Iterator[Story]:
    for weather in _calmer_weather(story.weather):
        yield replace(story, weather=weather)
    if any(plan != MachinePlan() for plan in story.machines):
        yield replace(story, machines=tuple(MachinePlan() for _ in story.machines))
    if max(story.sizes) > story.part:
        yield replace(story, sizes=tuple(min(size, story.part) for size in story.sizes))
    plainer: dict[str, Any] = {
        "homes": (HomePlan(),), "accounts": 1, "schedule": None, "grace": None, "daily_limit": None,
        "has_profiles": False,
    }  # fmt: skip
    yield from _plainer(story, plainer)


def _calmer_weather(weather: Weather) -> Iterator[Weather]:
    for number in range(len(weather.faults)):
        yield replace(weather, faults=weather.faults[:number] + weather.faults[number + 1 :])
    usual = {name: getattr(Weather(), name) for name in _SETTINGS}
    yield from _plainer(weather, usual)
    for name in _SETTINGS:
        values = getattr(weather, name)
        if isinstance(values, tuple) and len(values) > 1:
            yield from (replace(weather, **_some(name, (value,))) for value in values)


def _simpler(step: Step) -> Iterator[Step]:
    yield from _plainer(step, {"dies_at": None, "account": 0, "home": 0, "job": 0, "after": 0.0})
    if step.after != round(step.after):
        yield replace(step, after=float(round(step.after)))


_SETTINGS = ("create_seconds", "created_at_share", "lags", "batch_seconds", "upload_seconds", "page")
T = TypeVar("T", "Story", "Weather", "Step")


def _plainer(value: T, usual: dict[str, Any]) -> Iterator[T]:
    """The value with each of these fields as usual, where it is not."""
    for name, plain in usual.items():
        if getattr(value, name) != plain:
            yield replace(value, **_some(name, plain))


def _some(name: str, value: Any) -> dict[str, Any]:
    return {name: value}
