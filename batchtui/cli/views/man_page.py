"""Write commands as man pages, in the macros of man(7): `command_page`, `program_page`.

`man -l` shows them without a warning. The package installs them; `batchtui help --man` prints them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from batchtui import __version__
from batchtui.cli.exit_codes import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILES = {
    "config.toml": "the settings (batchtui config)",
    "registry.db": "jobs, batches, costs and the journal",
    "requests/, results/": "what was sent, and what came back",
}


def command_page(command: click.Command, name: str, summary: str) -> str:
    """Return the page batchtui-NAME(1) of a command; `summary` is its line in the list of commands."""
    context = click.Context(command, info_name=f"batchtui {name}")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [*_head(f"batchtui-{name}", summary), ".SH SYNOPSIS", f".B {_text(f'batchtui {name}')}", _text(usage)]
    lines += [".SH DESCRIPTION", *_paragraphs(command.help or "")]
    lines += [".SH OPTIONS", *_options(command, context)]
    examples = getattr(command, "examples", ())
    if examples:
        lines += [".SH EXAMPLES", ".nf", *map(_text, examples), ".fi"]
    lines += [".SH SEE ALSO", rf".BR batchtui (1), \fBbatchtui help {_text(name)}\fR"]
    return "\n".join(lines) + "\n"


def program_page(program: click.Command, commands: Mapping[str, str]) -> str:
    """Return the page batchtui(1), with a line for each of the commands, given with their summaries."""
    context = click.Context(program, info_name="batchtui")
    lines = [*_head("batchtui", "dashboard and command line for Claude's Message Batches API")]
    lines += [
        ".SH SYNOPSIS",
        ".B batchtui",
        "[OPTIONS] [COMMAND ...]",
        ".SH DESCRIPTION",
        *_paragraphs(program.help or ""),
    ]
    lines += [".SH COMMANDS"]
    for name, summary in commands.items():
        lines += [".TP", f".BR {_text(f'batchtui-{name}')} (1)", _text(summary)]
    lines += [".SH OPTIONS", *_options(program, context), ".SH EXIT STATUS"]
    for code, meaning in MEANINGS.items():
        lines += [".TP", rf"\fB{int(code)}\fR", _text(meaning)]
    lines += [
        ".SH FILES",
        "In the folder of --home or BATCHTUI_HOME, else in the system's usual places:".replace("-", r"\-"),
    ]
    for file, meaning in _FILES.items():
        lines += [".TP", rf"\fI{_text(file)}\fR", _text(meaning)]
    lines += [".SH ENVIRONMENT"]
    for variable, meaning in (("ANTHROPIC_API_KEY", "the API key"), ("ANTHROPIC_BASE_URL", "the address of the API"),
                              ("BATCHTUI_HOME", "as --home"), ("BATCHTUI_READ_ONLY", "as --read-only")):  # fmt: skip
        lines += [".TP", rf"\fB{variable}\fR", _text(meaning)]
    return "\n".join(lines) + "\n"


def _head(title: str, summary: str) -> list[str]:
    return [
        f'.TH {_text(title.upper())} 1 "" "batchtui {__version__}" "batchtui manual"',
        ".ad l",  # a command that is too long to be spread over a line would be a warning
        ".SH NAME",
        rf"{_text(title)} \- {_text(summary.rstrip('.'))}",
    ]


def _paragraphs(text: str) -> Iterator[str]:
    """Write a help text; a block that click must not wrap (its first line is a backspace) keeps its lines."""
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[0] == "\b":
            yield from (".PP", ".nf", *map(_text, lines[1:]), ".fi")
        else:
            yield from (".PP", _text(" ".join(lines)))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    # Not `get_params`: click makes the option --help once, with the names that it had in the first context.
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record is not None:
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))
    yield from (".TP", r"\fB\-h, \-\-help\fR", "Show usage, options and examples, and exit.")


def _text(text: str) -> str:
    """Escape text for roff: backslashes, hyphens that are typed, and lines that would be a command."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq").replace("`", r"\(ga")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped
