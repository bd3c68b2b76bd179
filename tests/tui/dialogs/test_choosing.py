"""Lists under a field: the arrows and their like move there while one types, and all of those keys can be remapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.tui.dialogs.confirm import Confirm
from batchtui.tui.dialogs.picker import Picker
from batchtui.tui.widgets.text_view import TextView
from tests.tui.stage import stage

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.tui.stage import Stage


def _chooser(shown: Stage) -> Picker[Any, Any]:
    assert isinstance(shown.app.screen, Picker)
    return shown.app.screen


@pytest.mark.long
@pytest.mark.parametrize("opens", ["colon", "n"])
@pytest.mark.parametrize(("down", "up"), [("down", "up"), ("ctrl+n", "ctrl+p"), ("ctrl+j", "ctrl+k")])
async def test_keys_move_in_the_list_while_one_types(tmp_path: Path, opens: str, down: str, up: str) -> None:
    for name in ("a.jsonl", "b.jsonl", "c.jsonl"):
        (tmp_path / name).write_text("{}\n")
    async with stage(tmp_path) as shown:
        with pytest.MonkeyPatch.context() as patched:
            patched.chdir(tmp_path)
            await shown.press(opens)
            await shown.until(lambda: isinstance(shown.app.screen, Picker))
            await shown.press(down, down, up)
            assert _chooser(shown).grid.cursor == 1
            await shown.press("escape")
            assert not isinstance(shown.app.screen, Picker)


async def test_the_keys_of_a_chooser_are_a_person_s_own(tmp_path: Path) -> None:
    async with stage(tmp_path, settings='[keys]\n"field.down" = "f5"\n') as shown:
        await shown.press("colon", "f5", "f5", "down")
        assert _chooser(shown).grid.cursor == 2


@pytest.mark.long
@pytest.mark.parametrize("keys", [("j", "j", "k"), ("down", "down", "up")])
async def test_a_long_question_is_read_with_vim_s_keys_and_the_arrows(tmp_path: Path, keys: tuple[str, ...]) -> None:
    async with stage(tmp_path, running=[f"job-{n}" for n in range(9)], size=(80, 15)) as shown:
        await shown.press("*")
        await shown.opened("c")
        await shown.until(lambda: isinstance(shown.app.screen, Confirm))
        await shown.press(*keys)
        assert shown.app.screen.query_one(TextView).scroll_offset.y == 1
