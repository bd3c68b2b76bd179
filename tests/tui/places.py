"""Every screen of the dashboard in one table: the keys that lead there, and what is true of it in a furnished home."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Place:
    """One screen, or one state of it."""

    name: str
    keys: tuple[str, ...]
    """What leads there, written as people write keys."""
    shows: tuple[str, ...]
    """What can be read there at 80 by 24, whatever the signs; the first of them nowhere on the screen before."""
    start: str = "dashboard"
    """The place from which the keys lead there."""
    back: tuple[str, ...] = ("esc",)
    """What leads to the start again."""
    is_always_there: bool = False
    """Where there is room, what it shows stands beside the place before, too."""


PLACES = (
    Place("dashboard", (), ("evals", "evals-v2", "nightly", "lost", "unknown", "in progress", "planned", "ended")),
    Place("filter", ("/", *"status:ended"), ("2 of 5", "evals-v2")),
    Place("marks", ("*",), ("5 marked",)),
    Place("help", ("?",), ("Keys", "in the list of batches")),
    Place("by job", ("b",), ("(2)", "by job"), back=("b",)),
    Place("columns", ("C",), ("how many requests succeeded", "MEANING")),
    Place("settings", ("O",), ("read_only", "log_level")),
    Place("tags", ("G", "t"), ("Tags for evals", "eval")),
    Place("note", ("G", "m"), ("Note on evals",)),
    Place("palette", (":", *"activ"), ("what batchtui did",)),
    Place("choose file", ("n",), ("requests.jsonl",)),
    Place("activity", ("a",), ("500", "312", "api_e")),
    Place("activity entry", ("enter",), ("took   ", "when   "), "activity"),
    Place("spend", ("$",), ("spent $", "SHARE", "claude-sonnet-5-5")),
    Place("warnings", ("!",), ("ABOUT", "lost")),
    Place("cancel", ("c",), ("Cancel 2 batches: ", "Not changed"), "marks", back=("n",)),
    Place("delete", ("G", "d"), ("Delete", "evals"), back=("n",)),
    Place("retry", ("G", "R"), ("as attempt 2", "overloaded")),
    Place("retry model", ("m",), ("Model for all requests",), "retry"),
    Place("export", ("G", "x"), ("results at most", "fields")),
    Place("batch", ("G", "enter"), ("doc-1", "2 succeeded", "2 errored")),
    Place("failures", ("tab",), ("what failed", "RETRY"), "batch", is_always_there=True),
    Place("charts", ("%",), ("of the cost", "output tokens", "truncated"), "batch"),
    Place("review", ("A",), ("0 of 8 marked", "not marked", "Verdict"), "batch"),
    Place("review queue", ("f",), ("random sample", "lowest score first"), "review"),
    Place("review labels", ("L",), ("Labels of this job",), "review"),
    Place("attempts", ("g", "H"), ("ATTEMPT", "stands"), "batch"),
    Place("answer beside", ("g", "z"), ("Verdict",), "batch", back=("z",), is_always_there=True),
    Place("search", ("/", *"manual"), ("1 of 8 shown",), "batch"),
    Place("result", ("g", "enter"), ("other side", "stopped: end_turn", "Verdict", "request"), "batch"),
    Place("hits", ("/", *"the", "enter"), ("hits",), "result", back=("esc",)),
    Place("rendered", ("m",), ("it names its source",), "result", back=("m", "m")),
    Place("tree", ("m", "m"), ("custom_id",), "result", back=("m",)),
    Place("comparable", ("=",), ("is compared with", "evals-v2"), "batch"),
    Place("compare", ("enter",), ("both failed", "row 1 of 8"), "comparable"),
    Place("pair", ("enter",), ("as the manual says", "Verdict"), "compare"),
    Place("pair as JSON", ("m",), ('"custom_id"',), "pair", back=("m",)),
    Place("compose", ("N",), ("max_tokens", "as a batch", "{{ text }}")),
    Place("compose model", ("j", "j", "j", "j", "enter"), ("claude-opus-5-5", "capable"), "compose"),
    Place("compose prompt", ("g", "j", "j", "enter", *"Zzz"), ("Zzz",), "compose", is_always_there=True),
    Place("compose data", ("g", "enter"), ("table.csv",), "compose"),
)
"""A place comes after the one that it starts from; composing asks the API for its models, and so comes last."""

DEAF = 0.35
"""Real seconds in which a dialog does not listen at first, and after which what was pressed has had its effect."""
BY_NAME = {place.name: place for place in PLACES}


def way_to(name: str) -> Iterator[Place]:
    """Yield the places through which a place is reached, the place itself last."""
    place = BY_NAME[name]
    if place.keys:
        yield from way_to(place.start)
    yield place


class Terminal(Protocol):
    """Where keys are pressed and a screen is read: a pseudo-terminal, a pane of tmux, the far end of SSH."""

    def press(self, *keys: str) -> None:
        """Press keys."""

    def shows(self, *words: str) -> None:
        """Wait until the screen shows these words, else fail."""

    def shows_no_more(self, word: str) -> None:
        """Wait until this is no longer on the screen, else fail."""

    @property
    def text(self) -> str:
        """What is on the screen."""


def tour(terminal: Terminal) -> Iterator[Place]:
    """Press the way through every place, from the first screen on, and yield each when it shows what it should."""
    here = list(way_to("dashboard"))
    for place in PLACES:
        way = list(way_to(place.name))
        while here[-1] not in way:
            left = here.pop()
            if "n" in left.back:
                time.sleep(DEAF)
            for key in left.back:
                terminal.press(key)
            if left.is_always_there:
                time.sleep(DEAF)
            else:
                terminal.shows_no_more(left.shows[0])
            terminal.shows(*here[-1].shows)  # what is gone may be so in the first half of a picture
        for step in way[len(here) :]:
            terminal.press(*step.keys)
            terminal.shows(*step.shows)
        here = way
        yield place
