"""What people name as files: homes are found, and what no file can be called is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from batchtui.settings.user_paths import is_file, is_folder, is_there, path_of


def test_a_tilde_is_the_home_of_a_user_that_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/x.csv") == tmp_path / "x.csv"
    assert path_of("~nobody-of-this-name/x.csv") == Path("~nobody-of-this-name/x.csv")


@pytest.mark.parametrize("name", ["~nobody-of-this-name", "x" * 300, "a\0b", "nowhere/x"])
def test_an_impossible_path_does_not_exist(name: str) -> None:
    path = path_of(name)
    assert (is_file(path), is_folder(path), is_there(path)) == (False, False, False)


def test_files_are_distinguished_from_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (is_file(tmp_path / "file"), is_folder(tmp_path / "file")) == (True, False)
    assert (is_file(tmp_path), is_folder(tmp_path), is_there(tmp_path)) == (False, True, True)
