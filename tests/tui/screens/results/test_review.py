"""A review by keyboard: what a key marks, what is shown next, and what is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.stage import furnished_stage

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.domain.results.mark import ReviewMark
    from tests.tui.stage import Stage


async def marks(made: Stage) -> dict[str, ReviewMark]:
    """What is stored, by custom_id."""
    found: dict[str, ReviewMark] = {}
    for batch in await made.workspace.registry.queries.select():
        found |= {mark.custom_id: mark for mark in await made.workspace.registry.marks.of_job(batch.job)}
    return found


async def review(made: Stage) -> None:
    """Open the review of the last batch of the list."""
    await made.shows("evals")
    await made.press("G", "enter")
    await made.shows("doc-1")
    await made.press("A")
    await made.shows("0 of 8 marked", "not marked")


async def test_a_key_marks_the_answer_that_is_shown_and_shows_the_next(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path) as made:
        await review(made)
        await made.press("+")
        await made.shows("1 of 8 marked", "item 2")
        await made.press("-")
        await made.shows("2 of 8 marked, 1 rejected", "item 3")
        stored = await marks(made)
        assert {custom_id: str(mark.verdict) for custom_id, mark in stored.items()} == {
            "doc-1": "accepted",
            "doc-2": "rejected",
        }
        await made.press("u", "u")
        await made.shows("0 of 8 marked", "item 1")
        assert not await marks(made)
