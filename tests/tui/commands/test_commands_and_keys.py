"""The table of commands, and a person's own keys laid over it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.keys import Keys

from batchtui.domain.errors import UsageError
from batchtui.tui.commands.keymap import display_key, merge_keymap, textual_name, textual_overrides
from batchtui.tui.commands.table import BY_ID, COMMANDS, TOGETHER


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(COMMANDS)


def test_no_two_commands_share_a_key_where_both_are_heard() -> None:
    for scopes in TOGETHER:
        keys = [key for command in COMMANDS if command.scope in scopes for key in (*command.keys, *command.was)]
        assert sorted(keys) == sorted(set(keys)), scopes


def test_every_command_has_a_key_and_a_sentence() -> None:
    assert [command.id for command in COMMANDS if not command.keys or not command.help.endswith(".")] == []


def test_y_sends_nothing_anywhere_but_answers_questions() -> None:
    assert [command.id for command in COMMANDS if "y" in (*command.keys, *command.was) and command.is_operation] == []


def test_one_key_applies_a_form_whether_it_sends_writes_or_saves() -> None:
    of = {command.id: command.keys for command in COMMANDS}
    assert {of[name][0] for name in ("retry.send", "export.write", "compose.submit", "field.save")} == {"ctrl+s"}


def test_numbered_commands_are_one_family_with_a_key_each() -> None:
    views = [command for command in COMMANDS if command.family == "batches.view"]
    assert [command.keys for command in views] == [(str(number),) for number in range(1, 10)]
    assert views[2].action == "batches_view(3)"


def test_ctrl_z_is_bound_to_nothing() -> None:
    assert not any("ctrl+z" in command.keys for command in COMMANDS)


def test_commands_that_change_the_api_are_marked_dangerous() -> None:
    dangers = {command.id for command in COMMANDS if command.is_danger}
    assert {"batches.cancel", "batches.delete", "batch.cancel", "batch.delete"} <= dangers


def test_reading_the_table_loads_no_textual() -> None:
    code = "import sys, batchtui.tui.commands.keymap, batchtui.tui.commands.table; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


CHARACTERS = sorted({key for command in COMMANDS for key in command.keys if len(key) == 1} | set("+-,_@~^&'\"(<é0A"))
NAMES = sorted({key for command in COMMANDS for key in command.keys if len(key) > 1})


@pytest.mark.parametrize("character", CHARACTERS)
def test_a_character_has_the_name_that_textual_gives_it_on_arrival(character: str) -> None:
    (event,) = [event for event in XTermParser().feed(character) if isinstance(event, Key)]
    assert textual_name(character) == event.key


@pytest.mark.parametrize("key", NAMES)
def test_a_named_key_is_one_that_textual_knows(key: str) -> None:
    assert textual_name(key) in {entry.value for entry in Keys}


@pytest.mark.parametrize(
    ("written", "named"),
    [("?", "question_mark"), ("/", "slash"), (":", "colon"), ("*", "asterisk"), ("\\", "backslash"), ("esc", "escape"),
     ("pgdn", "pagedown"), ("ctrl+d", "ctrl+d"), ("G", "G"), ("ctrl+pgup", "ctrl+pageup"), ("+", "plus")],
)  # fmt: skip
def test_keys_are_named_as_textual_names_them(written: str, named: str) -> None:
    assert textual_name(written) == named


def test_own_keys_take_the_place_of_the_table_s() -> None:
    assert merge_keymap({"list.down": "X, ctrl+n"})["list.down"] == ("X", "ctrl+n")
    assert textual_overrides({"list.down": "X, PageDown,"} | {"list.page-down": "ctrl+f"}) == {
        "list.down": "X,pagedown",
        "list.page-down": "ctrl+f",
    }


def test_an_old_key_is_free_for_ones_own_command() -> None:
    assert textual_overrides({"batches.tag": "e"}) == {"batches.tag": "e", "batches.rename": "L,f2"}


def test_no_keys_switch_a_command_off() -> None:
    assert merge_keymap({"app.pause": ""})["app.pause"] == ()


def test_an_unknown_command_is_named_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        merge_keymap({"list.dwon": "n"})
    assert "list.dwon" in caught.value.message
    assert "list.down" in (caught.value.hint or "")


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UsageError, match="hyper"):
        merge_keymap({"list.down": "hyper"})


def test_a_clash_is_named_with_both_commands() -> None:
    with pytest.raises(UsageError) as caught:
        merge_keymap({"list.down": "k"})
    assert "list.down" in caught.value.message
    assert "list.up" in caught.value.message


def test_two_commands_may_swap_their_keys() -> None:
    keymap = merge_keymap({"list.down": "k,up", "list.up": "j,down"})
    assert keymap["list.up"] == ("j", "down")


def test_keys_are_shown_in_ascii_where_nothing_else_may_be_drawn() -> None:
    assert display_key("enter") == "⏎"
    assert display_key("enter", plain=True) == "enter"
