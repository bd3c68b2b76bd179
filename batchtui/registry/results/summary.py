"""Count one set of results: outcomes, tokens, missing ids; stored at the end of its index: `ResultSummary`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.result import Outcome
from batchtui.domain.results.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = 5
"""How many custom_ids are named where there may be thousands."""


@dataclass(frozen=True, slots=True)
class IdMismatch:
    """How the custom_ids of the results differ from those of the requests that were sent."""

    missing: int = 0
    """Requests without a result."""
    unexpected: int = 0
    """Results of no request of this part."""
    missing_examples: tuple[str, ...] = ()
    unexpected_examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultSummary:
    """One set of results, counted once while it was indexed."""

    results: int
    """Lines that are not blank."""
    bytes: int
    types: Mapping[str, int]
    """Lines by the API's word; an empty word for lines that cannot be read."""
    outcomes: Mapping[Outcome, int]
    usage: Usage
    """The sum over all messages. No cost can be had from it: prices have tiers by message."""
    models: tuple[str, ...] = ()
    duplicates: int = 0
    """Lines whose custom_id stood in an earlier line."""
    ids: IdMismatch | None = None
    """None where there were no stored requests to compare with."""

    @property
    def unreadable(self) -> int:
        """Lines that are no result at all."""
        return self.types.get("", 0)

    def to_json(self) -> str:
        """Return it as the index keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ResultSummary:
        """Read what `to_json` wrote."""
        kept: dict[str, Any] = json.loads(text)
        # JSON has lists where there were tuples, and words where there were outcomes.
        ids = kept["ids"]
        if ids is not None:
            ids = IdMismatch(
                ids["missing"], ids["unexpected"], tuple(ids["missing_examples"]), tuple(ids["unexpected_examples"])
            )
        outcomes = {Outcome(word): count for word, count in kept["outcomes"].items()}
        return cls(
            **{
                **kept,
                "outcomes": outcomes,
                "usage": Usage(**kept["usage"]),
                "models": tuple(kept["models"]),
                "ids": ids,
            }
        )
