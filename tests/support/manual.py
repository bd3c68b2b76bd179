"""The manual's tables and the man pages, made from what they describe: `python -m tests.support.manual` writes them.

A table stands in its page between `<!-- NAME -->` and `<!-- /NAME -->`; what is outside of these is written by hand.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

import batchtui
from batchtui.cli.command import global_options
from batchtui.cli.exit_codes import MEANINGS, ExitCode, exit_for
from batchtui.cli.main import COMMANDS, program
from batchtui.cli.run import InternalError
from batchtui.cli.views.man_page import command_page, program_page
from batchtui.domain import errors as errors_module
from batchtui.domain.batches.query import NUMBERS, SPANS, FilterField
from batchtui.domain.errors import BatchtuiError
from batchtui.settings import reference
from batchtui.settings.model import Settings
from batchtui.simulator import SCENARIOS, Fault, Scenario
from batchtui.tui.commands.table import Scope, of_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = ROOT / "batchtui" / "manual"
MAN_PAGES = ROOT / "man"
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


def filters() -> str:
    """Every field of a filter."""
    said = _documentation(FilterField)
    kinds = dict.fromkeys(NUMBERS, "number") | dict.fromkeys(SPANS, "time")
    rows = [(code(field.value), kinds.get(field, "text"), said[field.name]) for field in FilterField]
    return table(("field", "value", "meaning"), rows)


def exit_codes() -> str:
    """Every exit code."""
    return table(("code", "meaning"), [(str(int(each)), meaning) for each, meaning in MEANINGS.items()])


def errors() -> str:
    """Every error code with its title, its class and its exit code."""
    rows = [
        (f"[{kind.code}](#{kind.code.lower()})", kind.title, code(kind.__name__), str(int(_exit_of(kind))))
        for kind in error_types()
    ]
    return table(("code", "title", "in Python", "exit code"), rows)


def error_types() -> list[type[BatchtuiError]]:
    """Every type of error, one for each code: of two with the same code the one that is a name of the domain."""
    for module in pkgutil.walk_packages(batchtui.__path__, "batchtui."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[BatchtuiError]] = {}
    for kind in _below(BatchtuiError):
        found.setdefault(kind.code, kind)
    # Classes of other modules are known in the order of their imports, which differs from run to run.
    return sorted(found.values(), key=lambda kind: "" if kind.__module__ == errors_module.__name__ else kind.code)


def _exit_of(kind: type[BatchtuiError]) -> ExitCode:
    return ExitCode.CRASHED if kind is InternalError else exit_for(kind)


def _below(kind: type[BatchtuiError]) -> Iterator[type[BatchtuiError]]:
    if kind.__module__.startswith("batchtui."):
        yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "commands": ("scripting", commands),
    "exit-codes": ("scripting", exit_codes),
    "settings": ("settings", settings),
    "keys": ("keys", keys),
    "filters": ("filters", filters),
    "errors": ("errors", errors),
    "scenario": ("simulator", scenario),
    "faults": ("simulator", faults),
}
"""Each table with the page it stands in and what makes it."""


def man_pages() -> dict[str, str]:
    """Return every man page by its file name."""
    pages = {f"batchtui-{name}.1": command_page(command(name), name, COMMANDS[name].summary) for name in COMMANDS}
    return {"batchtui.1": program_page(program, program.summaries), **pages}


def between(name: str, text: str) -> str:
    """Return what a page has between the marks of a table."""
    found = _marked(name, text)
    return found[2].strip()


def write() -> None:
    """Write every table and every man page as it has to be, and remove man pages of commands that are gone."""
    for name, (topic, make) in TABLES.items():
        page = PAGES / f"{topic}.md"
        text = page.read_text(encoding="utf-8")
        found = _marked(name, text)
        page.write_text(f"{text[: found.start(2)]}{make()}\n{text[found.end(2) :]}", encoding="utf-8")
    wanted = man_pages()
    for file in MAN_PAGES.glob("*.1"):
        if file.name not in wanted:
            file.unlink()
    for file_name, text in wanted.items():
        (MAN_PAGES / file_name).write_text(text, encoding="utf-8")


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
    assert found, f"the page has no marks for {name}"
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
        target = (
            field.target
            if isinstance(field, ast.AnnAssign)
            else field.targets[0]
            if isinstance(field, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and isinstance(text, ast.Expr):
            assert isinstance(text.value, ast.Constant)
            said[target.id] = " ".join(inspect.cleandoc(str(text.value.value)).split())
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
    write()
