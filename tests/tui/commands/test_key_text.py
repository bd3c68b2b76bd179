"""Wherever the screen names a key it is the one that is heard, also after a person has given the command another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.tui.commands.key_text import with_keys
from batchtui.tui.commands.keymap import merge_keymap
from batchtui.tui.rendering.spans import Tone, plain
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

STILL = "[refresh]\nautomatic = false\nfetch_results = false\n"
OWN = '[keys]\n"batches.compose" = "f5"\n"batch.fetch" = "f6"\n"dialog.no" = "f7"\n"app.back" = "f8"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{dialog.no} or {dialog.no|esc}", "f7 or f7"),
        ("{dialog.yes|esc}", "y"),
        ("{app.help}, `found`", "?, found"),
        ("{batch.delete}", "delete"),
    ],
)
def test_a_command_in_braces_is_its_key_and_without_one_its_title(text: str, said: str) -> None:
    keymap = merge_keymap({"dialog.no": "f7", "batch.delete": ""})
    assert plain(with_keys(text, keymap, Tone.DIM, plain=False)) == said


async def test_an_empty_list_names_the_keys_of_the_person(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=STILL + OWN) as made:
        await made.shows("No batches yet", "f5  makes requests", "n  submits a file", "i  imports")


@pytest.mark.long
async def test_a_filter_that_nothing_matches_says_what_clears_it(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"], settings=STILL + OWN) as made:
        await made.press("/", *"nobody", "enter")
        await made.shows("No batch matches the filter", "f8  clears it")


async def test_results_that_are_not_here_name_the_key_that_fetches_them(tmp_path: Path) -> None:
    async with stage(tmp_path, ended=["fine"], saves=False, settings=STILL + OWN) as made:
        await made.press("enter")
        await made.shows("The results are not saved yet", "f6  fetches them")


@pytest.mark.long
async def test_questions_and_boxes_name_the_keys_that_answer_them(tmp_path: Path) -> None:
    async with stage(tmp_path, running=["nightly"], settings=STILL + OWN) as made:
        await made.opened("c")
        await made.shows("f7  No ", "y  Cancel ")
        await made.press("f7")
        await made.opened("?")
        await made.shows("f7 close")
