"""Reading the settings file: defaults, values, and sentences that say where the fault is."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import StorageError, UsageError
from batchtui.settings.loading import load_settings, parse_settings
from batchtui.settings.model import Settings
from batchtui.settings.reference import entries, template

if TYPE_CHECKING:
    from pathlib import Path


def _fault(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse_settings(text, where="config.toml")
    assert caught.value.message.startswith("config.toml")
    assert "batchtui config" in caught.value.hint
    return caught.value.message


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "config.toml") == Settings()


def test_written_settings_apply_and_others_keep_their_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        'read_only = true\n[submit]\nmax_cost = 12.10\n[screen]\ntheme = "ansi"\n[keys]\n"batch.cancel" = "x"\n'
    )
    settings = load_settings(file)
    assert settings.read_only
    assert settings.submit.max_cost == Decimal("12.1")
    assert settings.screen.theme == "ansi"
    assert settings.keys == {"batch.cancel": "x"}
    assert settings.refresh == Settings().refresh


def test_the_tiers_stand_for_models_of_the_file() -> None:
    settings = parse_settings('[models]\ncheap = "claude-haiku-4-5"', where="config.toml")
    assert settings.tiers() == {
        "cheap": "claude-haiku-4-5",
        "capable": "claude-sonnet-5-5",
        "premium": "claude-opus-5-5",
    }


def test_a_command_may_be_written_as_a_list_or_as_one_line() -> None:
    line = parse_settings("[notify]\ncommand = \"notify 'a b'\"", where="config.toml")
    words = parse_settings('[notify]\ncommand = ["notify", "a b"]', where="config.toml")
    assert line.notify.command == words.notify.command == ("notify", "a b")


def test_an_amount_may_stand_in_quotes_and_is_exact_either_way() -> None:
    for written in ("0.1", '"0.1"'):
        assert parse_settings(f"[submit]\nmax_cost = {written}", where="config.toml").submit.max_cost == Decimal("0.1")


def test_settings_never_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().read_only = True  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[refresh]\nquik = 3", "line 2: there is no setting refresh.quik (did you mean refresh.quick?)"),
        ('theme = "dark"', "line 1: there is no setting theme (did you mean screen.theme?)"),
        ("\n[screeen]\nmouse = true", "line 2: there is no setting screeen (did you mean screen?)"),
        ('read_only = "no"', "line 1: read_only must be true or false, not 'no'"),
        ("[refresh]\nslow = 9\nquick = -1", "line 3: refresh.quick must be greater than 0, not -1"),
        ("[refresh]\nquick = true", "line 2: refresh.quick must be a number, not True"),
        ("[refresh]\nquick = 1e9", "line 2: refresh.quick must be at most 86400"),
        ('[submit]\nmax_cost = "much"', "line 2: submit.max_cost must be a number, not 'much'"),
        ("[submit.max_cost_of_profile]\nwork = -1", "line 2: submit.max_cost_of_profile.work must be at least 0"),
        ("[places.a]\ncolour = 3", "line 2: places.a.colour must be 'red', 'yellow'"),
        ("places = 3", "line 1: places must be a section, not 3"),
        ('[models]\ncheap = ""', "line 2: models.cheap must be some text"),
        ("[notify]\ncommand = [1]", "line 2: notify.command.0 must be text in quotes, not 1"),
        ("[refresh]\nquick = nan", "line 2: refresh.quick must be"),
        ('[screen]\ntheme = "blue"', "line 2: screen.theme must be 'auto', 'dark'"),
        ("refresh.quick = 0", "line 1: refresh.quick must be greater than 0"),
        ("refresh = 3", "line 1: refresh must be a section"),
        ("[submit]\nqueue_room = 2.5", "line 2: submit.queue_room must be a whole number, not 2.5"),
        ('[notify]\nwebhook = "file:///etc"', "line 2: notify.webhook must be an address that begins with https://"),
        ('[notify]\nwebhook = "http://example.com/x"', "(http:// is for this machine only)"),
        ('[notify]\nwebhook = "https://[::1"', "must be an address that begins with https://"),
        ("[notify]\ncommand = 'say \"'", "line 2: notify.command must be a list of words"),
        ('[keys]\n"batch.cancel" = 3', "line 2: keys.batch.cancel must be text in quotes, not 3"),
        ("[notify]\nbell = \n", "line 2"),
        ("[[refresh]]\nquick = 3", "refresh must be a section"),
        ("a = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_a_fault_names_its_line_and_what_may_have_been_meant(text: str, said: str) -> None:
    assert said in _fault(text)


def test_all_faults_are_named_in_the_order_of_the_file() -> None:
    message = _fault("read_only = 1\n[screen]\nmouse = 2\nascii = 3\n")
    assert [message.index(name) for name in ("read_only", "mouse", "ascii")] == sorted(
        message.index(name) for name in ("read_only", "mouse", "ascii")
    )


def test_a_file_that_is_not_utf8_is_named_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'# fine\n[screen]\ntheme = "\xe9"\n')
    with pytest.raises(StorageError, match="line 3"):
        load_settings(file)


def test_a_folder_in_the_files_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(StorageError, match=r"config\.toml cannot be read"):
        load_settings(tmp_path / "config.toml")


def test_every_setting_says_what_it_means() -> None:
    assert [entry.key for entry in entries(Settings()) if not entry.meaning] == []


def test_the_manual_shows_what_was_changed() -> None:
    settings = parse_settings("[refresh]\nquick = 2.5", where="config.toml")
    assert [(entry.key, entry.value, entry.default) for entry in entries(settings) if entry.is_changed] == [
        ("refresh.quick", "2.5", "5")
    ]


def test_the_template_changes_nothing() -> None:
    assert parse_settings(template(), where="config.toml") == Settings()


def test_the_template_holds_each_default_as_it_would_be_written() -> None:
    written = [
        line.removeprefix("# ") if re.match(r"# [a-z_]+ = ", line) else line
        for line in template().splitlines()
        if not line.endswith(" =")
    ]
    assert parse_settings("\n".join(written), where="config.toml") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[prices.models."a"]\ninput = 1\n', "line 1: prices.models.a must be a section with both input and output"),
        ('[prices.models."a"]\ndiscount = 1\n', "prices.models.a.discount must be"),
        ('[prices.models."a"]\ninput = -1\noutput = 1\n', "prices.models.a.input must be"),
        ("[prices]\ndiscount = 2\n", "line 2: prices.discount must be"),
        ('[prices.models."a"]\ncache_reed = 1\n', "there is no setting prices.models.a.cache_reed"),
    ],
)
def test_prices_that_make_no_sense_are_refused_with_their_place(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        parse_settings(text, where="config.toml")
