"""How often everything occurred in a run of many seeds. What never did is a fault of the simulation, not luck."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from batchtui.domain.send_evidence import VerdictKind
from tests.simulation.story import ACTORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FAULTS = (
    "create status", "create lost_before", "create lost_after", "create cut_upload", "create late", "create garbled",
    "create times out", "list status", "list lost_before", "list late", "list repeat", "list odd", "list hidden",
    "retrieve status", "retrieve late", "retrieve hidden", "retrieve garbled", "retrieve lost_before",
    "results status", "results lost_before", "results cut", "results lost_after", "results late",
    "cancel status", "cancel lost_before", "cancel lost_after", "cancel late", "cancel garbled",
    "delete status", "delete lost_before", "delete lost_after", "delete late", "delete garbled",
    "models status", "models late", "outage",
)  # fmt: skip
WORLD = ("colleague", "outage", "jump", "sleep", "reboot", "kill", "disk", "copy", "backup", "restore")
COLLEAGUES = ("others", "same", "half", "twin")


def expected() -> Iterator[str]:
    """All that has to occur in a long run."""
    yield "killed"
    yield from (f"actor {name}" for name in ACTORS)
    yield from ("pair " + " + ".join(sorted(pair)) for pair in combinations_with_replacement(ACTORS, 2))
    yield from (f"world {name} beside an actor" for name in WORLD)
    yield from (f"colleague {kind}" for kind in COLLEAGUES)
    yield from (f"fault {name}" for name in FAULTS)
    yield from (f"verdict {verdict}" for verdict in VerdictKind)


def missing(counts: Mapping[str, int]) -> list[str]:
    """What never occurred."""
    return [name for name in expected() if not counts.get(name)]


def table(counts: Mapping[str, int]) -> str:
    """The counts of what is not a pair, and of the rarest pairs."""
    pairs = sorted((count, name) for name, count in counts.items() if name.startswith("pair "))
    lines = [f"{count:8,}  {name}" for name, count in sorted(counts.items()) if not name.startswith("pair ")]
    return "\n".join([*lines, "the rarest pairs:", *(f"{count:8,}  {name}" for count, name in pairs[:10])])
