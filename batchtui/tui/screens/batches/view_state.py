"""`ListState` is how the list of batches was left: sort, filter, columns and cursor, kept in the registry."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.query import SORT_KEYS

if TYPE_CHECKING:
    from batchtui.domain.batches.query import SortKey

KEY = "dashboard"
"""The name of the fact under which the registry stores it; the value is on disks of earlier versions."""
MOST_OPEN = 200
"""Unfolded jobs that are stored at most."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a saved view says of the list: which batches, in which order, in which columns."""

    filter: str = ""
    sort: SortKey = "attention"
    descending: bool = False
    columns: tuple[str, ...] = ()
    """The ids of the columns shown, in their order; empty for the usual ones."""
    by_job: bool = False


@dataclass(frozen=True, slots=True)
class ListState:
    """How a person has arranged the list."""

    sort: SortKey = "attention"
    descending: bool = False
    zoomed: bool = False
    """Whether the details are hidden where there is room for them."""
    detailed: bool = False
    """Whether they are shown on a narrow screen."""
    filter: str = ""
    columns: tuple[str, ...] = ()
    """The ids of the columns shown, in their order; empty for the usual ones."""
    by_job: bool = False
    is_open: tuple[str, ...] = ()
    """The ids of the jobs that are unfolded."""
    cursor: int | None = None
    """The key under the cursor."""
    home: Arrangement | None = None
    """How the list was arranged before a saved view was shown; None while none is."""

    @property
    def arrangement(self) -> Arrangement:
        """What a saved view would keep of it."""
        return Arrangement(self.filter, self.sort, self.descending, self.columns, self.by_job)

    def arranged(self, arrangement: Arrangement, *, home: Arrangement | None) -> ListState:
        """Return it arranged in this way; `home` is where the list goes back to."""
        return replace(self, **asdict(arrangement), home=home)

    def kept(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        # The ones unfolded last: jobs that are gone would pile up here otherwise.
        return asdict(self) | {"is_open": self.is_open[-MOST_OPEN:]}


def load_state(kept: object) -> ListState:
    """Return the list's stored arrangement. Unknown or invalid values fall back to the defaults."""
    if not isinstance(kept, dict):
        return ListState()
    cursor = kept.get("cursor")
    return ListState(
        # Another version may have stored an order that this one does not know.
        sort=next((sort for sort in SORT_KEYS if sort == kept.get("sort")), "attention"),
        descending=bool(kept.get("descending")),
        zoomed=bool(kept.get("zoomed")),
        detailed=bool(kept.get("detailed")),
        filter=str(kept.get("filter") or ""),
        columns=_words(kept.get("columns")),
        by_job=bool(kept.get("by_job")),
        is_open=_words(kept.get("is_open")),
        cursor=cursor if isinstance(cursor, int) else None,
        home=load_state(kept["home"]).arrangement if isinstance(kept.get("home"), dict) else None,
    )


def _words(kept: object) -> tuple[str, ...]:
    return tuple(word for word in kept if isinstance(word, str)) if isinstance(kept, list) else ()
