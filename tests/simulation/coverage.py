"""How often everything occurred in a run of many seeds. What never did is a fault of the simulation, not luck."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from batchtui.domain.submission.send_evidence import VerdictKind
from tests.simulation.story import ACTORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FAULTS = (
    "create status", "create lost_before", "create lost_after", "create cut_upload", "create late", "create garbled",
    "create times out", "list status", "list lost_before", "list late", "list repeat", "list odd", "list hidden",
    "list garbled", "retrieve status", "retrieve late", "retrieve hidden", "retrieve garbled",
    "retrieve lost_before", "results status", "results lost_before", "results cut", "results lost_after",
    "results late",
    "cancel status", "cancel lost_before", "cancel lost_after", "cancel late", "cancel garbled",
    "delete status", "delete lost_before", "delete lost_after", "delete late", "delete garbled",
    "models status", "models late", "outage",
)  # fmt: skip
WORLD = ("colleague", "outage", "jump", "sleep", "pause", "reboot", "kill", "disk", "copy", "backup", "restore")
COLLEAGUES = ("others", "same", "half", "twin")
STATES = (
    "event batch.accepted", "event batch.adopted", "event batch.proved", "event batch.refuted", "event batch.disowned",
    "event batch.absent", "event batch.unknown", "event batch.refused", "event batch.dropped", "event batch.deleted",
    "event registry.copied", "fenced claim", "fenced mark", "fenced answer_lost",
)  # fmt: skip
"""What a history is interesting for: a lost batch that is found, proved or refuted, a sender that wakes too late."""
LEAST, LEAST_OF_FAULTS = 20, 5
"""How often each has to occur in a long run: what hardly ever does is not tried."""


def expected() -> Iterator[str]:
    """All that has to occur in a long run."""
    yield "killed"
    yield "submit with reuse"
    yield "event results.reused"
    yield from (f"actor {name}" for name in ACTORS)
    yield from ("pair " + " + ".join(sorted(pair)) for pair in combinations_with_replacement(ACTORS, 2))
    yield from (f"world {name} beside an actor" for name in WORLD)
    yield from (f"colleague {kind}" for kind in COLLEAGUES)
    yield from (f"fault {name}" for name in FAULTS)
    yield from (f"verdict {verdict}" for verdict in VerdictKind)
    yield from STATES


def missing(counts: Mapping[str, int]) -> list[str]:
    """What did not occur, or too seldom."""
    return [name for name in expected() if counts.get(name, 0) < _least(name)]


def _least(name: str) -> int:
    return {"pair": 1, "fault": LEAST_OF_FAULTS, "fenced": 1}.get(name.partition(" ")[0], LEAST)


def table(counts: Mapping[str, int]) -> str:
    """The counts of what is not a pair, and of the rarest pairs."""
    pairs = sorted((count, name) for name, count in counts.items() if name.startswith("pair "))
    lines = [f"{count:8,}  {name}" for name, count in sorted(counts.items()) if not name.startswith("pair ")]
    return "\n".join([*lines, "the rarest pairs:", *(f"{count:8,}  {name}" for count, name in pairs[:10])])
