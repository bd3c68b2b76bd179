"""`WarningGroup` is one row of the warnings: equal ones of many batches together, with advice that names keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.services.insights.warnings import BatchWarning, WarningAction
from batchtui.text.numbers import count

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

TITLES = {
    "credentials": "credentials",
    "clock": "clock",
    "unknown": "unknown",
    "not_sent": "not sent",
    "expires": "expires",
    "results_going": "results expire",
    "model_retires": "model retires",
}
_OF_MANY = {
    "unknown": "batches with no response to their create request",
    "not_sent": "parts were not sent",
    "expires": "batches expire soon and may not finish in time",
    "results_going": "batches have results that the API deletes soon",
    "model_retires": "models that were used lately retire",
}
"""What a row of several says after their number, by kind."""
_OFFERS = {
    WarningAction.RESUME: "{list.open} looks for it or sends it, after asking.",
    WarningAction.FETCH: "{list.open} fetches the results.",
    WarningAction.OPEN: "{list.open} shows the batch.",
    WarningAction.REFRESH: "{list.open} asks the API again.",
}
"""What enter does, by the action of a warning."""


@dataclass(frozen=True, slots=True)
class WarningGroup:
    """One row: a warning, or several of one kind."""

    warnings: tuple[BatchWarning, ...]
    is_head: bool = False
    """Whether its warnings are shown below it."""
    is_inner: bool = False
    """Whether it is shown below the row of its kind."""

    @property
    def kind(self) -> str:
        """The kind of its warnings."""
        return self.warnings[0].kind

    @property
    def title(self) -> str:
        """The kind in words."""
        return TITLES.get(self.kind, self.kind)

    @property
    def is_folded(self) -> bool:
        """Whether it stands for several warnings, which are not shown."""
        return len(self.warnings) > 1 and not self.is_head

    @property
    def message(self) -> str:
        """What is wrong."""
        if len(self.warnings) == 1:
            return self.warnings[0].message
        return f"{count(len(self.warnings))} {_OF_MANY.get(self.kind, 'warnings')}"

    @property
    def advice(self) -> str:
        """What to do, with commands in braces for their keys; only what can work for these batches."""
        if self.is_folded or self.is_head:
            return f"{_about(self.warnings)} {{list.open}} {'hides' if self.is_head else 'lists'} them.".strip()
        return f"{_about(self.warnings)} {_OFFERS[self.warnings[0].action]}".strip()


def group_warnings(warnings: Sequence[BatchWarning], are_open: Collection[str]) -> list[WarningGroup]:
    """Return the rows: one a kind, in the order of urgency, and below those that are open one for each warning."""
    kinds: dict[str, list[BatchWarning]] = {}
    for warning in warnings:
        kinds.setdefault(warning.kind, []).append(warning)
    rows: list[WarningGroup] = []
    for kind, found in kinds.items():
        # A kind that was unfolded may have one warning left: that one needs no head.
        is_open = kind in are_open and len(found) > 1
        rows.append(WarningGroup(tuple(found), is_head=is_open))
        if is_open:
            rows += [WarningGroup((warning,), is_inner=True) for warning in found]
    return rows


def _about(warnings: Sequence[BatchWarning]) -> str:
    """Return what is good to know about warnings of one kind, before what enter does."""
    kind, first = warnings[0].kind, warnings[0]
    if kind == "unknown":
        return "Nothing is sent again without asking you."
    if kind == "not_sent":
        return "It can be sent once that is fixed." if len(warnings) == 1 else "They can be sent once that is fixed."
    if kind == "results_going":
        return "Not saved yet."
    if kind == "expires":
        # The requests of a batch that was created elsewhere are not kept here, so there is nothing to send again.
        foreign = sum(one.batch is not None and one.batch.is_foreign for one in warnings)
        said = "Expired requests are not billed"
        if foreign == len(warnings):
            return f"{said}. Created elsewhere: the requests are not stored, so nothing can be retried from here."
        if foreign:
            return f"{said}; {{batches.retry}} retries them, except for {count(foreign)} created elsewhere."
        return f"{said}; {{batches.retry}} retries them afterwards."
    return first.advice
