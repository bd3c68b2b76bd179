"""Which pictures there are: every screen, the keys that lead to it, and the terminals it is shown on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class View:
    """A screen in a state."""

    name: str
    keys: tuple[str, ...] = ()
    """As people write keys."""
    about: str = ""
    """What there is to see, for the gallery."""
    scene: str = "week"
    """`week`, `empty` or `tour`."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A terminal."""

    name: str
    """What the picture's name ends in; empty for the usual one."""
    title: str
    size: tuple[int, int] = (120, 32)
    theme: Literal["dark", "light", "high-contrast"] = "dark"
    colour: bool = True
    only: tuple[str, ...] = ()
    """The views that are shown on it; empty for all."""


TO_ENDED = ("/", *"contract-summaries", "enter", "enter")
VIEWS = (
    View("dashboard", (), "batches in progress, planned, ended, and one whose create got no response"),
    View("filter", ("/", *"status:ended tag:eval"), "the filter, live"),
    View("marked", ("j", "space", "j", "space", "j", "space"), "several marked: commands act on all of them"),
    View("jobs", ("b",), "jobs with their batches folded"),
    View("columns", ("C",), "which columns, and in which order"),
    View("batch", TO_ENDED, "a batch, its results and its failures by kind"),
    View("failures", (*TO_ENDED, "tab"), "the failures by kind"),
    View("result", (*TO_ENDED, "j", "j", "enter"), "a request and its answer"),
    View("result-rendered", ("/", *"eval-prompt-v7", "enter", "enter", "enter", "m"), "an answer, rendered"),
    View("result-tree", ("/", *"eval-prompt-v7", "enter", "enter", "enter", "m", "m"), "an answer as a tree"),
    View("compare", ("/", *"eval-prompt-v7", "enter", "enter", "=", "enter"), "two batches of the same custom_ids"),
    View("compose", ("N",), "requests from a table and a template"),
    View("submit", ("n", *"reviews.jsonl", "enter"), "what would be sent, before it is"),
    View("retry", (*TO_ENDED, "R"), "what failed, and what is worth sending again"),
    View("charts", (*TO_ENDED, "%"), "a batch in pictures: outcomes, lengths of answers, costs"),
    View("export", (*TO_ENDED, "x"), "results into a file"),
    View("cancel", ("/", *"status:in_progress", "enter", "c"), "canceling asks first"),
    View("spending", ("$",), "what was spent, and what it saved"),
    View("activity", ("a",), "every action and call"),
    View("call", ("a", "enter"), "one of them whole, with its request id"),
    View("warnings", ("!",), "what to look out for"),
    View("settings", ("O",), "every setting, and what it means"),
    View("palette", (":", *"ex"), "every command by its name"),
    View("help", ("?",), "the keys that work here"),
    View("error", (), "a failure is one sentence and what to do"),
    View("empty", (), "nothing yet", "empty"),
    View("tour", (".", ".", "j"), "the tour of the demo", "tour"),
)
SHOWN_FIRST = ("dashboard", "batch", "result", "compose")
"""The views that are shown on every terminal; of the others it would say nothing new."""
FORMS = ("export", "retry", "settings", "submit", "spending", "warnings")
GROUNDS = (
    Ground("", "dark, 120x32"),
    Ground("80x24", "80x24", (80, 24)),
    Ground("light", "light", theme="light", only=(*SHOWN_FIRST, *FORMS)),
    Ground("no-colour", "no colour, 80x24", (80, 24), colour=False, only=(*SHOWN_FIRST, *FORMS)),
    Ground("high-contrast", "high contrast", theme="high-contrast", only=SHOWN_FIRST),
    Ground("200x50", "200x50", (200, 50), only=SHOWN_FIRST),
)
