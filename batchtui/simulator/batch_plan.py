"""How one batch will go: the order in which its requests finish and what becomes of each, drawn from the seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from batchtui.simulator.scenario import Scenario
from batchtui.simulator.validation.late import Problem, Terms, find_problem

PLAIN, TRUNCATED, REFUSED, PAUSED, ERRORED, UNFINISHED = range(6)

SENTENCES: Mapping[str, str] = {
    "api_error": "Internal server error",
    "overloaded_error": "Overloaded",
    "timeout_error": "Request timed out while waiting for the model",
    "rate_limit_error": "Number of concurrent connections has exceeded your rate limit. Please try again later.",
    "invalid_request_error": "Unable to download the file. Please verify the URL and try again.",
    "not_found_error": "File not found",
    "permission_error": "Your organization does not have access to this model.",
    "billing_error": "Your credit balance is too low to access the Anthropic API.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Who finishes when and how; made once for a batch, from its ordinal and the seed, and never changed."""

    order: Sequence[int]
    "Indexes of the requests, in the order in which they finish."
    codes: bytes
    "What becomes of each, in that order: PLAIN, TRUNCATED, REFUSED, PAUSED, ERRORED or UNFINISHED."
    problems: Mapping[int, Problem]
    "Index of an errored request → its problem."

    def counts(self, finished: int) -> tuple[int, int]:
        """How many of the first `finished` requests succeeded and how many errored."""
        errored = self.codes.count(ERRORED, 0, finished)
        return finished - errored, errored

    @property
    def finishing(self) -> int:
        """How many requests finish at all, given the time."""
        return len(self.codes) - self.codes.count(UNFINISHED)


def make_plan(
    scenario: Scenario, ordinal: int, params: Sequence[Mapping[str, Any]], terms: Terms, day: date | None = None
) -> Plan:
    """Draw the plan of the batch with this ordinal, made on that day; about two microseconds a request."""
    # Seeded on purpose: the same seed tells the same story. It guards nothing.
    draw = Random(f"{scenario.seed}/{ordinal}")  # noqa: S311
    total = len(params)
    fates = _fates(scenario, total)
    draw.shuffle(fates)
    order = list(range(total))
    draw.shuffle(order)
    problems: dict[int, Problem] = {}
    codes = [PLAIN] * total
    for index, fate in enumerate(fates):
        # A request that is wrong fails whatever was drawn for it.
        problem = find_problem(params[index], terms, day=day)
        if problem is None and isinstance(fate, str):
            problem = Problem(fate, SENTENCES.get(fate, "Something went wrong"))
        if problem is not None:
            problems[index] = problem
            codes[index] = ERRORED
        elif isinstance(fate, int):
            codes[index] = fate
    # Sorting is stable: the others keep their drawn order, and those that never finish come last.
    if UNFINISHED in codes:
        order.sort(key=lambda index: codes[index] == UNFINISHED)
    return Plan(order, bytes([codes[index] for index in order]), problems)


def count_unfinished(scenario: Scenario, total: int) -> int:
    """How many of `total` requests will never be finished; known without drawing the plan."""
    return round(scenario.expired * total)


def _fates(scenario: Scenario, total: int) -> list[int | str]:
    """Exact shares, rounded to whole requests, so that half of four is two."""
    shares: list[tuple[int | str, float]] = [
        (UNFINISHED, scenario.expired),
        *scenario.errored.items(),
        (TRUNCATED, scenario.truncated),
        (REFUSED, scenario.refused),
        (PAUSED, scenario.paused),
    ]
    fates: list[int | str] = []
    reached = 0.0
    for fate, share in shares:
        # Rounded on the running sum: rounded one by one, shares could add up to more requests than there are.
        reached += share * total
        fates.extend([fate] * (min(round(reached), total) - len(fates)))
    return fates + [PLAIN] * (total - len(fates))
