"""Which files an export writes: no name from outside names another folder, and no wish breaks anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.domain.errors import StorageError
from batchtui.settings.user_paths import is_file
from batchtui.tui.screens.export.options import ExportForm, file_stem, make_folder
from tests.tui.sample_batches import HOSTILE, batch


@pytest.mark.parametrize("name", [*HOSTILE, "../../etc/passwd", "/abs", "", "...", "a\0b", "x" * 500])
def test_a_name_from_outside_is_a_plain_file_name(name: str) -> None:
    stem = file_stem(name)
    assert 0 < len(stem) <= 100
    assert Path(stem).name == stem
    assert "\0" not in stem


def test_one_group_goes_to_the_file_and_several_into_the_folder() -> None:
    one, two = [batch(1, id="msgbatch_1")], [batch(2, id="../\0two")]
    assert ExportForm("out.csv").outputs([one]) == [Path("out.csv")]
    assert ExportForm("out/").outputs([one, two]) == [Path("out/msgbatch_1.csv"), Path("out/two.csv")]


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000, "~nobody-of-this-name/x"])
def test_a_name_that_cannot_be_anywhere_is_not_there(name: str) -> None:
    [output] = ExportForm(name).outputs([[batch()]])
    assert not is_file(output)


@pytest.mark.parametrize("name", ["file/folder", "x" * 5_000, "a\0b"])
def test_a_folder_that_cannot_be_made_is_a_failure_in_words(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        make_folder(tmp_path / name)
