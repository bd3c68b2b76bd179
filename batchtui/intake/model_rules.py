"""The models of November 2026 as far as a batch cares, and what can be said of a model by its name.

Where it was read: the models overview and deprecation pages, `DEPRECATED_MODELS` of SDK 2.11.0, API.md. The list that
`/v1/models` gives for the key in use goes before this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

from batchtui.domain.limits import LONG_OUTPUT_BETA, LONG_OUTPUT_TOKENS
from batchtui.domain.model import ModelInfo, undated
from batchtui.domain.problem import Severity
from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.intake.types import CheckOptions

RETIRING_SOON = timedelta(days=30)

_ACTIVE: tuple[tuple[str, int, int, date | None], ...] = (
    # id, max_tokens, max_input_tokens, retires at
    ("claude-fable-5-2", 128_000, 1_000_000, None),
    ("claude-mythos-5-2", 128_000, 1_000_000, None),
    ("claude-opus-5-5", 128_000, 1_000_000, None),
    ("claude-sonnet-5-5", 128_000, 1_000_000, None),
    ("claude-haiku-5-5", 128_000, 1_000_000, None),
    ("claude-fable-5-1", 128_000, 1_000_000, None),
    ("claude-mythos-5-1", 128_000, 1_000_000, None),
    ("claude-fable-5", 128_000, 1_000_000, None),
    ("claude-mythos-5", 128_000, 1_000_000, None),
    ("claude-opus-5", 128_000, 1_000_000, None),
    ("claude-sonnet-5", 128_000, 1_000_000, None),
    ("claude-opus-4-8", 128_000, 1_000_000, None),
    ("claude-opus-4-7", 128_000, 1_000_000, None),
    ("claude-opus-4-6", 128_000, 1_000_000, None),
    ("claude-sonnet-4-6", 128_000, 1_000_000, None),
    ("claude-haiku-4-5", 64_000, 200_000, None),
    ("claude-opus-4-5", 64_000, 200_000, None),
    ("claude-sonnet-4-5", 64_000, 200_000, date(2026, 11, 30)),
)
BUILT_IN: Mapping[str, ModelInfo] = {
    name: ModelInfo(
        name, name, tokens, context, batches=True, lifecycle="deprecated" if retires else "active", retires_at=retires
    )
    for name, tokens, context, retires in _ACTIVE
}

SNAPSHOTS: Mapping[str, str] = {
    "claude-haiku-4-5-20251001": "claude-haiku-4-5",
    "claude-opus-4-5-20251101": "claude-opus-4-5",
    "claude-sonnet-4-5-20250929": "claude-sonnet-4-5",
}
"""The dated ids that exist; younger models have none."""

RETIRED: Mapping[str, date] = {
    "claude-1.3": date(2024, 11, 6),
    "claude-1.3-100k": date(2024, 11, 6),
    "claude-instant-1.1": date(2024, 11, 6),
    "claude-instant-1.1-100k": date(2024, 11, 6),
    "claude-instant-1.2": date(2024, 11, 6),
    "claude-2.0": date(2025, 7, 21),
    "claude-2.1": date(2025, 7, 21),
    "claude-3-sonnet-20240229": date(2025, 7, 21),
    "claude-3-5-sonnet-20240620": date(2025, 10, 28),
    "claude-3-5-sonnet-20241022": date(2025, 10, 28),
    "claude-3-opus-20240229": date(2026, 1, 5),
    "claude-3-5-haiku-20241022": date(2026, 2, 19),
    "claude-3-7-sonnet-20250219": date(2026, 2, 19),
    "claude-opus-4-20250514": date(2026, 6, 15),
    "claude-sonnet-4-20250514": date(2026, 6, 15),
    "claude-mythos-preview": date(2026, 6, 30),
}
"""Every id ending in -4-20250514 besides these never existed, and is treated alike."""
NEVER_AGAIN = "-4-20250514"

RETIRED_ALIASES: Mapping[str, str] = {
    "claude-3-opus-latest": "claude-3-opus-20240229",
    "claude-3-5-sonnet-latest": "claude-3-5-sonnet-20241022",
    "claude-3-5-haiku-latest": "claude-3-5-haiku-20241022",
    "claude-3-7-sonnet-latest": "claude-3-7-sonnet-20250219",
    "claude-opus-4-0": "claude-opus-4-20250514",
    "claude-sonnet-4-0": "claude-sonnet-4-20250514",
}
"""Names that stood for a retired snapshot. A name can be pointed elsewhere (gateways do that): a warning, no error."""

_NEWEST = re.compile(r"^claude-(?:fable-5-[12]|mythos-5-[12]|(?:opus|sonnet|haiku)-5-5)(?:-20\d{6})?$")
"""They refuse forced tool_choice, thinking budgets and prefill with a 400 (API.md, migration guides)."""
_LONG_OUTPUT = re.compile(r"^claude-(?:opus-(?:4-[678]|5|5-5)|sonnet-(?:4-6|5|5-5))(?:-20\d{6})?$")
"""They write up to 300,000 tokens in a batch with the beta header."""
_SPECIAL_THINKING: Mapping[str, frozenset[str]] = {
    "claude-opus-5-5": frozenset({"enabled", "disabled", "between_tools"}),
    "claude-sonnet-5-5": frozenset({"enabled", "disabled"}),
}
TIERS: Mapping[str, str] = {
    "cheap": "claude-haiku-5-5",
    "capable": "claude-sonnet-5-5",
    "premium": "claude-opus-5-5",
}


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """What is known of one model name under the options of one check."""

    faults: tuple[CheckFault, ...]
    """What is wrong with the name itself."""
    max_tokens: int | None
    """The most it may be asked for in a batch with the betas that will be sent; None where unknown."""
    long_output: bool
    """Whether the beta for long output would raise the limit."""
    is_newest: bool
    """Whether it refuses forced tool_choice, thinking budgets and prefill."""
    refused_thinking: frozenset[str]
    """Values of thinking.type that it refuses."""


def check_model(model: str, options: CheckOptions, *, guesses: bool = True) -> ModelVerdict:
    """Say what is known of a model. Errors only where it is known to be gone.

    `guesses` says what a model that nobody knows may have been meant to be; that takes a millisecond.
    """
    info = _look_up(model, options.models) or _look_up(model, BUILT_IN)
    long_output = _LONG_OUTPUT.match(model) is not None
    limit = info.max_tokens if info else None
    if long_output and LONG_OUTPUT_BETA in options.betas:
        limit = max(limit or 0, LONG_OUTPUT_TOKENS)
    is_newest = _NEWEST.match(model) is not None
    refused = _SPECIAL_THINKING.get(undated(model), frozenset({"enabled"}) if is_newest else frozenset())
    return ModelVerdict(tuple(_faults(model, info, options, guesses=guesses)), limit, long_output, is_newest, refused)


def _look_up(model: str, models: Mapping[str, ModelInfo]) -> ModelInfo | None:
    """Find a model by its id, by the name its snapshot stands for, or the other way round."""
    found = models.get(model) or models.get(SNAPSHOTS.get(model, ""))
    return found or next((info for each, info in models.items() if undated(each) == model), None)


def _faults(model: str, info: ModelInfo | None, options: CheckOptions, *, guesses: bool) -> Iterator[CheckFault]:
    """Yield what is wrong with the name."""
    gone = _retired_at(model, info, options.today)
    if gone is not None:
        yield gone
    elif info is None:
        yield _unknown(model, [*options.models, *BUILT_IN] if guesses else ())
    elif info.batches is False:
        yield CheckFault(
            "model-without-batches", f"{model} cannot be used in batches", "choose another model", kind=model
        )
    elif info.retires_at is not None and info.retires_at - options.today <= RETIRING_SOON:
        yield CheckFault(
            "model-retiring",
            f"{model} retires on {info.retires_at.isoformat()}",
            "plan the move to a newer model; a retry after that day will fail",
            Severity.WARNING,
            model,
        )


def _retired_at(model: str, info: ModelInfo | None, today: date) -> CheckFault | None:
    """Return the fault of a model that is gone."""
    hint = f"take a model that lives, for example {_successor(model)} (--model replaces it in every request)"
    if info is not None and info.lifecycle == "retired":
        return CheckFault("model-retired", f"{model} is retired", hint, kind=model)
    if info is not None and info.lifecycle == "active":
        return None
    day = RETIRED.get(model) or (info.retires_at if info else None)
    if (day is not None and day <= today) or (day is None and model.endswith(NEVER_AGAIN)):
        since = f" since {day.isoformat()}" if day else ""
        return CheckFault("model-retired", f"{model} is retired{since}: every request would fail", hint, kind=model)
    snapshot = RETIRED_ALIASES.get(model)
    if snapshot is not None and RETIRED[snapshot] <= today:
        message = f"{model} stood for {snapshot}, which is retired since {RETIRED[snapshot].isoformat()}"
        return CheckFault("model-alias-retired", message, hint, Severity.WARNING, model)
    return None


def _unknown(model: str, known: Sequence[str]) -> CheckFault:
    """Return the warning for a name nobody knows here: new models appear without us."""
    close = get_close_matches(model, known, n=1, cutoff=0.6)
    guess = f'did you mean "{close[0]}"?' if close else "batchtui models lists what your key can use"
    return CheckFault(
        "model-unknown", f'the model "{model[:80]}" is not known here', guess, Severity.WARNING, model[:80]
    )


def _successor(model: str) -> str:
    """Name the living model of the same family."""
    for family in ("haiku", "opus", "sonnet", "fable", "mythos"):
        if family in model:
            return next(each for each in BUILT_IN if f"-{family}-" in each)
    return "claude-sonnet-5-5"
