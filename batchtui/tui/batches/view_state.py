"""How the list of batches was left, to be found again so at the next start."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.query import SORT_KEYS

if TYPE_CHECKING:
    from batchtui.domain.query import SortKey

KEY = "dashboard"
"""The fact under which the registry keeps it."""
MOST_OPEN = 200
"""Jobs that are remembered as unfolded."""


@dataclass(frozen=True, slots=True)
class ListState:
    """What a person has arranged."""

    sort: SortKey = "attention"
    descending: bool = False
    zoomed: bool = False
    filter: str = ""
    columns: tuple[str, ...] = ()
    """The ids of those shown, in their order; none for the usual ones."""
    by_job: bool = False
    is_open: tuple[str, ...] = ()
    """The jobs that are unfolded."""
    cursor: int | None = None
    """The key under it."""

    def kept(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"is_open": self.is_open[-MOST_OPEN:]}


def load_state(kept: object) -> ListState:
    """Read what was remembered; whatever does not fit any more is passed over."""
    if not isinstance(kept, dict):
        return ListState()
    cursor = kept.get("cursor")
    return ListState(
        sort=next((sort for sort in SORT_KEYS if sort == kept.get("sort")), "attention"),
        descending=bool(kept.get("descending")),
        zoomed=bool(kept.get("zoomed")),
        filter=str(kept.get("filter") or ""),
        columns=_words(kept.get("columns")),
        by_job=bool(kept.get("by_job")),
        is_open=_words(kept.get("is_open")),
        cursor=cursor if isinstance(cursor, int) else None,
    )


def _words(kept: object) -> tuple[str, ...]:
    return tuple(word for word in kept if isinstance(word, str)) if isinstance(kept, list) else ()
