"""The places batchtui uses: one folder, or the system's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from batchtui.domain.errors import StorageError
from batchtui.settings.paths import Paths


def test_a_named_home_holds_everything_under_the_names_of_the_contract(tmp_path: Path) -> None:
    paths = Paths.locate(tmp_path)
    assert paths.config_file == tmp_path / "config.toml"
    assert paths.registry == tmp_path / "registry.db"
    assert paths.requests == tmp_path / "requests"
    assert paths.results == tmp_path / "results"
    assert paths.logs == tmp_path / "logs"
    assert all(folder.is_relative_to(tmp_path) for folder in paths.folders)


def test_the_variable_names_the_home_and_the_argument_goes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHTUI_HOME", str(tmp_path / "variable"))
    assert Paths.locate().registry == tmp_path / "variable" / "registry.db"
    assert Paths.locate(tmp_path / "argument").registry == tmp_path / "argument" / "registry.db"


def test_an_empty_variable_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHTUI_HOME", "")
    assert "batchtui" in Paths.locate().registry.parts


def test_a_tilde_is_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Paths.locate(Path("~/batches")).registry == tmp_path / "batches" / "registry.db"


def test_without_a_home_the_system_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BATCHTUI_HOME", raising=False)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    paths = Paths.locate()
    assert all(folder.is_relative_to(tmp_path) and "batchtui" in folder.parts for folder in paths.folders)


def test_locating_touches_nothing(tmp_path: Path) -> None:
    Paths.locate(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_prepared_folders_are_for_the_user_alone(tmp_path: Path) -> None:
    paths = Paths.locate(tmp_path / "deep" / "home")
    paths.prepare()
    assert {oct(folder.stat().st_mode & 0o777) for folder in paths.folders} == {"0o700"}


def test_preparing_closes_a_folder_that_stands_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Paths.locate(tmp_path).prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_preparing_twice_is_fine(tmp_path: Path) -> None:
    paths = Paths.locate(tmp_path)
    paths.prepare()
    paths.prepare()


def test_a_file_in_the_way_is_a_sentence_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(StorageError, match="results") as caught:
        Paths.locate(tmp_path).prepare()
    assert "--home" in caught.value.hint


def test_the_places_are_known_without_pydantic() -> None:
    code = "import sys, batchtui.settings.paths as p; p.Paths.locate(); sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
