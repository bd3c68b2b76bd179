"""Writing one setting: the rest of the file stays, and nothing is written that cannot be read."""

from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import StorageError, UsageError
from batchtui.settings.model import Settings
from batchtui.settings.reference import entries, template
from batchtui.settings.toml_edit import coerce, edit, write_text

if TYPE_CHECKING:
    from pathlib import Path

MINE = """# mine
read_only = false # keep

[screen]
# the look
theme = "dark" # it is night

[keys]
"list.down" = "j"
"""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("screen", "theme"), "light"),
        (("screen", "ascii"), True),
        (("log_level",), "debug"),
        (("keys", "list.up"), "k,up"),
        (("notify", "command"), ["a", "b"]),
        (("prices", "models"), {"x": {"discount": 0.1}}),
    ],
)
def test_one_setting_changes_and_every_comment_stays(path: tuple[str, ...], value: Any) -> None:
    new = edit(MINE, path, value)
    expected: Any = tomllib.loads(MINE)
    place = expected
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value
    assert tomllib.loads(new) == expected
    assert [line for line in ("# mine", "# keep", "# the look", "# it is night") if line not in new] == []


def test_a_setting_is_taken_out_and_what_stands_around_it_stays() -> None:
    assert edit(MINE, ("screen", "theme"), None) == MINE.replace('theme = "dark" # it is night\n', "")
    assert edit(MINE, ("notify", "bell"), None) == MINE


@pytest.mark.parametrize(
    ("path", "typed", "written"),
    [
        (("screen", "theme"), "light", 'theme = "light"'),
        (("refresh", "quick"), " 3.5 ", "quick = 3.5"),
        (("notify", "command"), "notify-send done", 'command = "notify-send done"'),
        (("notify", "command"), '["notify-send"]', 'command = ["notify-send"]'),
        (("keys", "list.down"), "5", '"list.down" = "5"'),
        (("models", "cheap"), "claude-x", 'cheap = "claude-x"'),
        (("notify", "webhook"), "https://example.org/#a", 'webhook = "https://example.org/#a"'),
    ],
)
def test_typed_values_are_parsed_by_the_type_of_the_setting(path: tuple[str, ...], typed: str, written: str) -> None:
    text, _ = coerce("", path, typed)
    assert written in text.splitlines()


@pytest.mark.parametrize(
    ("path", "typed", "said"),
    [
        (("screen", "theme"), "pink", "high-contrast"),
        (("refresh", "quick"), "-1", "greater than 0"),
        (("refresh", "quick"), "soon", "a number"),
        (("notify", "webhook"), "http://example.org", "https://"),
        (("screen", "mouse"), "yes", "true or false"),
        (("nothing",), "1", "no setting"),
    ],
)
def test_an_invalid_setting_is_refused_with_a_sentence(path: tuple[str, ...], typed: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        coerce("", path, typed)


@pytest.mark.long
def test_the_template_takes_every_setting() -> None:
    for entry in entries(Settings()):
        if entry.name and entry.default:
            text, _ = coerce(template(), entry.path, entry.default)
            assert text.startswith(template().splitlines()[0])


def test_a_file_is_replaced_whole_through_a_link_with_its_mode(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "config.toml"
    real.parent.mkdir()
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert list(real.parent.iterdir()) == [real]


def test_a_new_file_is_private(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "config.toml", "x = 1")
    assert stat.S_IMODE((tmp_path / "deep" / "config.toml").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_text(tmp_path / "file" / "config.toml", "x = 1")
