"""The manual says what the program does: its tables, its commands and its exit codes are the program's own."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from batchtui.cli.command import global_options
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.main import COMMANDS, program
from tests.support import manual

if TYPE_CHECKING:
    from collections.abc import Iterator

README = manual.README.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
_ENDS = {"&&", "|", ">", "#", "||", ";"}


def help_of(name: str) -> str:
    command = manual.command(name)
    return command.get_help(click.Context(command, info_name=f"batchtui {name}"))


def understood(command_line: str) -> None:
    """Fail where `batchtui …` names a command or an option that does not exist."""
    words = shlex.split(command_line, comments=True)
    words = words[: next((place for place, word in enumerate(words) if word in _ENDS), len(words))]
    name, *rest = words[words.index("batchtui") + 1 :] or ["list"]
    if name.startswith("--"):
        assert name in ("--version", "--help", "--json")
        return
    command = manual.command(name)
    command.make_parser(click.Context(command, info_name=name)).parse_args(rest)


def shown() -> Iterator[str]:
    """Every command of the README."""
    for language, block in BLOCKS:
        lines = block.splitlines() if language == "sh" else []
        yield from (line for line in lines if re.match(r"(uvx .*|.*&& \S*/)?batchtui( |$)", line))
    # In a sentence a command may be cut short: what it names has to be there all the same.
    yield from (text for text in re.findall(r"`(batchtui [a-z]+[^`]*)`", README) if "…" not in text)


@pytest.mark.parametrize("name", manual.TABLES)
def test_a_table_of_the_readme_is_what_the_program_says(name: str) -> None:
    said = manual.between(name, README).splitlines()
    assert said == manual.TABLES[name]().splitlines(), "`python -m tests.support.manual` writes it anew"


@pytest.mark.parametrize("command", dict.fromkeys(shown()))
def test_a_command_of_the_readme_is_understood(command: str) -> None:
    understood(command[command.index("batchtui ") if "batchtui " in command else 0 :])


@pytest.mark.parametrize("name", COMMANDS)
def test_help_explains_every_option_and_ends_with_examples_that_are_understood(name: str) -> None:
    said = help_of(name)
    for parameter in manual.command(name).params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
            assert all(option in said for option in parameter.opts)
    examples = [line.strip() for line in said.partition("\nExamples:\n")[2].splitlines()]
    assert examples
    for example in examples:
        understood(example[example.index("batchtui") :])


def test_help_lists_every_command() -> None:
    said = program.get_help(click.Context(program, info_name="batchtui"))
    listed = re.findall(r"^  ([a-z]+)  +\S", said.partition("\nCommands:\n")[2], re.MULTILINE)
    assert listed == list(COMMANDS)


def test_the_manual_lists_the_global_options() -> None:
    section = README.partition("\n## Commands\n")[2].partition("<!-- commands -->")[0]
    assert [option.opts[0] for option in global_options() if f"`{option.opts[0]}" not in section] == []


def test_every_exit_code_is_explained() -> None:
    explained = README.partition("Exit codes:")[2].partition("\n\n")[0]
    assert set(map(int, re.findall(r"(?:^|· ?|\n)\s*(\d+) [a-z]", explained))) == set(map(int, ExitCode))


def test_every_place_of_the_readme_that_is_linked_is_there() -> None:
    titles = re.findall(r"^##+ (.*)$", README, re.MULTILINE)
    anchors = {re.sub("[^a-z -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#(.*?)\)", README)) <= anchors
    pictures = re.findall(r"!\[[^]]*\]\((.*?)\)", README)
    assert [place for place in pictures if not (manual.README.parent / place).is_file()] == []
