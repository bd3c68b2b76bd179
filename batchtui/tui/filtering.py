"""What a person types to filter the list of batches, read as a query."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.domain.states import BatchState
from batchtui.text.glyphs import STATES

if TYPE_CHECKING:
    from batchtui.domain.query import BatchQuery

_STATES: dict[str, BatchState] = {sign.word: state for state, sign in STATES.items()} | {
    state.value: state for state in BatchState
}


def filtered(query: BatchQuery, typed: str) -> tuple[BatchQuery, str]:
    """Read words and fields: `status:ended`, `tag:nightly`; other words are looked for as they stand.

    Returns:
        The query, and a sentence where something in it was not understood; that part is left out.
    """
    states: set[BatchState] = set()
    tags: list[str] = []
    words: list[str] = []
    complaint = ""
    for word in typed.split():
        field, colon, value = word.partition(":")
        if colon and field in ("status", "state"):
            found = {state for name, state in _STATES.items() if value and name.startswith(value.lower())}
            states |= found
            if value and not found:
                complaint = f"no state begins with “{value}”"
        elif colon and field == "tag":
            tags += [value] if value else []
        else:
            words.append(word)
    return replace(query, states=frozenset(states), tags=tuple(tags), text=" ".join(words)), complaint
