"""Items by key, the latest used of them: what a grid remembers of a list that may hold a million."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class ItemCache(Generic[T]):
    """Keeps so many items and lets go of those that were not looked at for longest."""

    def __init__(self, room: int = 2_000) -> None:
        self._room = room
        self._items: OrderedDict[int, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: int) -> T | None:
        """Return an item, and keep it for longer."""
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: int, item: T) -> T | None:
        """Take an item in. Returns the one it takes the place of."""
        before = self._items.get(key)
        self._items[key] = item
        self._items.move_to_end(key)
        while len(self._items) > self._room:
            self._items.popitem(last=False)
        return before

    def missing(self, keys: Iterable[int]) -> list[int]:
        """Return those keys whose items are not here."""
        return [key for key in keys if key not in self._items]

    def __contains__(self, key: int) -> bool:
        return key in self._items

    def keep(self, keys: Iterable[int]) -> None:
        """Let go of everything else."""
        kept = set(keys)
        for key in [key for key in self._items if key not in kept]:
            del self._items[key]

    def forget(self) -> None:
        """Let go of everything."""
        self._items.clear()
