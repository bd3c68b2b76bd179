"""A review by keyboard: what a key marks, what is shown next, and what is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from batchtui.domain.results.mark import ReviewMark
from tests.tui.stage import furnished_stage

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.tui.screens.results.review.screen import ReviewScreen
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


@pytest.mark.long
async def test_labels_note_and_queue_are_chosen_with_keys_and_others_are_seen_after_ones_own_verdict(
    tmp_path: Path,
) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as made:
        await review(made)
        job = made.workspace.registry
        screen = cast("ReviewScreen", made.app.screen)
        await job.marks.write(screen.session.job, [ReviewMark("doc-2", "gr[/x]ace", "0" * 32, note="n")])

        await made.opened("L")
        await made.press(*"good,[b]odd", "enter")
        await made.shows("1[ ] good", "2[ ] [b]odd")
        await made.press("2")
        await made.shows("2[x] [b]odd", "1 of 8 marked")
        await made.opened("m")
        await made.press(*"why", "enter")
        await made.shows(" why")
        await made.press("j")
        await made.shows("doc-2", "marked by 1 other reviewer")
        await made.press("o", "-")
        await made.shows("gr[/x]ace: not decided (of an earlier answer)", "2 of 8 marked, 1 rejected", "item 2")
        stored = {mark.custom_id: mark for mark in await job.marks.of_job(screen.session.job, screen.session.reviewer)}
        assert (stored["doc-1"].labels, stored["doc-1"].note, stored["doc-1"].verdict) == (("[b]odd",), "why", None)

        await made.opened("f")
        await made.press(*"disagree", "enter")
        await made.shows("1 of 1 marked")
        await made.opened("f")
        await made.press(*"random", "enter")
        await made.shows("How many results")
        made.clock.turn(1)
        await made.press("3", "enter")
        await made.shows("of 3 marked")
