"""The README's tables, made from what they describe: `python -m tests.support.manual` writes them anew.

Each stands between `<!-- NAME -->` and `<!-- /NAME -->`; what stands outside of these is written by hand.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import global_options
from batchtui.cli.main import COMMANDS, program
from batchtui.settings import reference
from batchtui.settings.model import Settings
from batchtui.simulator import SCENARIOS, Fault, Scenario
from batchtui.tui.commands.table import Scope, of_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

README = Path(__file__).parents[2] / "README.md"
MOST_CHOICES = 6
"""A choice among more than these is named, not listed."""


def commands() -> str:
    """Every command with its arguments, what it does, and each of its options."""
    return table(("command", "does", "options"), [_command_row(name) for name in COMMANDS])


def settings() -> str:
    """Every setting with its default and its meaning."""
    rows = [
        (code(entry.key), code(entry.default) if entry.default else "not set", entry.meaning)
        for entry in reference.entries(Settings())
    ]
    return table(("setting", "default", "meaning"), rows)


def keys() -> str:
    """The keys of each place of the dashboard."""
    rows = [
        (str(scope), " · ".join(f"{code(command.keys[0])} {command.title}" for command in of_scope(scope)))
        for scope in Scope
    ]
    return table(("where", "keys"), rows)


def scenario() -> str:
    """Every key of a scenario file, and the names of the scenarios that need no file."""
    named = ", ".join(map(code, SCENARIOS))
    return f"There are {named}; or a file of your own.\n\n{table(('key', 'default', 'meaning'), _fields(Scenario))}"


def faults() -> str:
    """Every key of a fault."""
    return table(("key", "default", "meaning"), _fields(Fault))


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands, "settings": settings, "keys": keys, "scenario": scenario, "faults": faults,
}  # fmt: skip


def between(name: str, text: str) -> str:
    """Return what the README has between the marks of a table."""
    found = _marked(name, text)
    return found[2].strip()


def renewed(text: str) -> str:
    """Return the README with every table as it has to be."""
    for name, make in TABLES.items():
        found = _marked(name, text)
        text = f"{text[: found.start(2)]}{make()}\n{text[found.end(2) :]}"
    return text


def synopsis(parameter: click.Parameter) -> str:
    """Say an argument or an option as a synopsis does: `FILE…`, `[--tag T]…`, `[--order input|arrival]`."""
    if isinstance(parameter, click.Argument):
        return parameter.make_metavar(click.Context(program))
    assert isinstance(parameter, click.Option)
    name = "|".join((*parameter.opts, *parameter.secondary_opts))
    value = "" if parameter.is_flag else _value(parameter)
    return f"[{name}{value}]" + ("…" if parameter.multiple else "")


def code(text: str) -> str:
    """Put a text into a cell as code."""
    return f"`{text.replace('|', chr(92) + '|')}`"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell or '–' for cell in cells)} |" for cells in lines)


def own(described: click.Command) -> Iterator[click.Parameter]:
    """The parameters of a command that not every command has."""
    shared = {option.name for option in global_options()}
    return (parameter for parameter in described.params if parameter.name not in shared)


def _marked(name: str, text: str) -> re.Match[str]:
    found = re.search(rf"(<!-- {name} -->\n)(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the README has no marks for {name}"
    return found


def command(name: str) -> click.Command:
    """Return the command of that name."""
    found = program.get_command(click.Context(program), name)
    assert found is not None
    return found


def _command_row(name: str) -> tuple[str, str, str]:
    described = command(name)
    parameters = list(own(described))
    arguments = [synopsis(each) for each in parameters if isinstance(each, click.Argument)]
    options = [synopsis(each) for each in parameters if isinstance(each, click.Option) and not each.hidden]
    does = inspect.cleandoc(described.help or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return code(" ".join([name, *arguments])), does, " ".join(map(code, options))


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        few = len(option.type.choices) <= MOST_CHOICES
        return " " + ("|".join(option.type.choices) if few else option.opts[-1][2:].upper()[:1])
    metavar = option.make_metavar(click.Context(program))
    return metavar if metavar.startswith("[") else f" {metavar}"


def _fields(kind: type) -> list[tuple[str, str, str]]:
    said = _documentation(kind)
    return [(code(each.name), _default(each), said[each.name].replace("|", "\\|")) for each in dataclasses.fields(kind)]


def _documentation(kind: type) -> dict[str, str]:
    """Read the literal below each field of a class."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    said: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            assert isinstance(text.value, ast.Constant)
            said[field.target.id] = " ".join(inspect.cleandoc(str(text.value.value)).split())
    return said


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is dataclasses.MISSING:
        return "" if field.default_factory is dataclasses.MISSING else code("{}")
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple):
        return code(str(list(value)).replace("'", '"'))
    return code(f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value))


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
