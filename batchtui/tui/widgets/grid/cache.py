"""`ItemCache` keeps the items of a grid by key and drops those that were not used for longest.

A list may hold a million rows; what a grid keeps of them must not.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")


class ItemCache(Generic[T]):
    """A mapping of at most `room` items, the least recently used dropped first."""

    def __init__(self, room: int = 2_000) -> None:
        self._room = room
        self._items: OrderedDict[int, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: int) -> T | None:
        """Return an item and count it as used; None where it is not here."""
        item = self._items.get(key)
        if item is not None:
            self._items.move_to_end(key)
        return item

    def put(self, key: int, item: T) -> T | None:
        """Store an item and return the one it replaces, if any."""
        before = self._items.get(key)
        self._items[key] = item
        self._items.move_to_end(key)
        while len(self._items) > self._room:
            self._items.popitem(last=False)
        return before

    def missing(self, keys: Iterable[int]) -> list[int]:
        """Return the keys whose items are not here, in their order."""
        return [key for key in keys if key not in self._items]

    def __contains__(self, key: int) -> bool:
        return key in self._items

    def keep(self, keys: Iterable[int]) -> None:
        """Drop every other item."""
        kept = set(keys)
        for key in [key for key in self._items if key not in kept]:
            del self._items[key]

    def forget(self) -> None:
        """Drop every item."""
        self._items.clear()
