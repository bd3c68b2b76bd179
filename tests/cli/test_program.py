from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from batchtui import __version__
from batchtui.cli.main import COMMANDS, program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Batchtui


def test_the_help_names_every_command(batchtui: Batchtui) -> None:
    said = batchtui("--help").out

    assert [command for command in COMMANDS if f"\n  {command} " not in said] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_ends_with_examples_of_it(batchtui: Batchtui, command: str) -> None:
    ran = batchtui(command, "--help")

    assert ran.code == 0
    assert f"batchtui {command}" in ran.out.partition("Examples:\n")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_global_options(command: str) -> None:
    loaded = program.get_command(program.make_context("batchtui", ["list"]), command)

    assert loaded is not None
    assert {"home", "profile", "json"} <= {option.name for option in loaded.params}


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_of_commands_says_each_in_a_sentence_of_one_line(command: str) -> None:
    summary = COMMANDS[command].summary

    assert summary.endswith(".")
    assert len(f"  simulate    {summary}") <= 80


def test_the_version_is_said(batchtui: Batchtui) -> None:
    assert batchtui("--version").out == f"batchtui {__version__}\n"


def test_a_misspelt_command_gets_a_guess(batchtui: Batchtui) -> None:
    ran = batchtui("lsit")

    assert (ran.code, ran.out) == (2, "")
    assert "Unknown command `lsit`. Did you mean `list`?" in ran.err


@pytest.mark.parametrize("args", [["--home", "{}", "list"], ["list", "--home", "{}"]])
def test_home_may_stand_before_or_after_the_command(batchtui: Batchtui, tmp_path: Path, args: list[str]) -> None:
    elsewhere = tmp_path / "else where"

    ran = batchtui(*(arg.format(elsewhere) for arg in args))

    assert (ran.code, (elsewhere / "registry.db").exists()) == (0, True)


def test_the_later_of_two_global_options_holds(batchtui: Batchtui, tmp_path: Path) -> None:
    batchtui("--home", str(tmp_path / "one"), "list", "--home", str(tmp_path / "two"))

    assert ((tmp_path / "one").exists(), (tmp_path / "two").exists()) == (False, True)


@pytest.mark.parametrize("args", [["--json", "list"], ["list", "--json"]])
def test_json_may_stand_before_or_after_the_command(batchtui: Batchtui, args: list[str]) -> None:
    assert batchtui(*args).document == []


def test_without_a_terminal_no_command_means_the_list(batchtui: Batchtui) -> None:
    assert batchtui.process("--json").document == []


def test_on_a_dumb_terminal_no_command_means_the_list(batchtui: Batchtui) -> None:
    ran = batchtui.process(TERM="dumb")

    assert (ran.code, ran.out) == (0, "")
    assert "No batches yet." in ran.err


def test_the_list_loads_nothing_heavy(home: Path) -> None:
    code = (
        "import sys\nfrom batchtui.cli import run\nfrom batchtui.cli.main import program\n"
        "run.run(program, ['list', '--json'])\nprint('\\n'.join(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    heavy = {"anthropic", "textual", "rich", "pydantic", "httpx2", "starlette", "uvicorn", "platformdirs"}
    assert heavy & set(done.stdout.split()) == set()
    assert home.exists()
