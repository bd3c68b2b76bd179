"""The commands that stand for tools: `--tool NAME=COMMAND` and tools.toml: `read_tools`.

A tool is run because a person has named it, never because a model has: what is not listed here is not run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

TIMEOUT_SECONDS = 60.0
"""How long a tool may run unless tools.toml says otherwise: a look-up takes less, and what hangs is noticed."""
MOST_TIMEOUT_SECONDS = 86_400.0
MAX_OUTPUT_BYTES = 100_000
"""Bytes that a tool may print unless tools.toml says otherwise: about 25,000 tokens, sent again with every turn."""
MOST_OUTPUT_BYTES = 10_000_000
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
"""What the API allows as the name of a tool."""
_KEYS = {"command", "timeout", "max_output", "env"}
_HINT = "`batchtui help continue` describes tools.toml."


@dataclass(frozen=True, slots=True)
class Tool:
    """One command that is run where a model calls the tool of this name."""

    name: str
    argv: tuple[str, ...]
    timeout: float = TIMEOUT_SECONDS
    """Seconds."""
    max_output: int = MAX_OUTPUT_BYTES
    """Bytes."""
    env: tuple[str, ...] = ()
    """Variables of the environment that it gets besides the usual ones."""


def read_tools(file: Path, named: Iterable[str] = ()) -> dict[str, Tool]:
    """Return the tools of a file (none where it does not exist) and of `NAME=COMMAND`s, which go before the file.

    Raises:
        UsageError: a name, a command or a key of the file is wrong, or a command is not there.
        StorageError: the file cannot be read, or others may write it.
    """
    tools = _from_file(file)
    for text in named:
        tool = parse_tool(text)
        tools[tool.name] = tool
    for tool in tools.values():
        _refuse_missing(tool)
    return tools


def parse_tool(text: str) -> Tool:
    """Read `NAME=COMMAND`, its words as a shell would split them. Raises `UsageError`."""
    name, equals, command = text.partition("=")
    if not equals:
        raise UsageError(f"--tool {text[:60]}: the command is missing.", hint='Write --tool NAME="COMMAND …".')
    return _tool(name.strip(), command, f"--tool {name.strip()[:60]}")


def tool_of(name: str, command: object) -> Tool:
    """Return the tool of a command that is a text or a list of words. Raises `UsageError` where it cannot be run."""
    tool = _tool(name, list(command) if isinstance(command, tuple) else command, f"the tool {name[:60]}")
    _refuse_missing(tool)
    return tool


def _tool(name: str, command: object, where: str) -> Tool:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{where}: a tool's name has 1 to 128 letters, digits, - and _.",
            hint="Use the name under which the requests define the tool.",
        )
    if isinstance(command, list) and all(isinstance(word, str) for word in command):
        argv = tuple(command)
    elif isinstance(command, str):
        try:
            argv = tuple(shlex.split(command))
        except ValueError as error:
            raise UsageError(f"{where}: the command cannot be split into words: {error}.") from None
    else:
        raise UsageError(f"{where}: command must be text or a list of words.", hint=_HINT)
    if not argv or any("\0" in word for word in argv):
        raise UsageError(f"{where}: the command is empty.", hint='Write --tool NAME="COMMAND …".')
    return Tool(name, argv)


def _refuse_missing(tool: Tool) -> None:
    """Refuse a command that is not there now, before anything is run or sent."""
    if shutil.which(tool.argv[0]) is None:
        raise UsageError(
            f"The tool {tool.name} cannot be run: {tool.argv[0][:200]} is no program.",
            hint="Give a path, or the name of a program in PATH. A shell's syntax needs sh -c '…'.",
        )


def _from_file(file: Path) -> dict[str, Tool]:
    import tomllib

    try:
        _refuse_writable(file)
        text = file.read_bytes().decode("utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(
            f"{file} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}.", hint=_HINT, title="Invalid tools") from None
    tables = values.pop("tools", {})
    if values or not isinstance(tables, dict):
        raise UsageError(f"{file}: every tool is a section [tools.NAME].", hint=_HINT, title="Invalid tools")
    return {name: _from_table(name, table, f"{file}: [tools.{name}]") for name, table in tables.items()}


def _refuse_writable(file: Path) -> None:
    """Refuse a file that others may write: they could have any command run. Raises `StorageError`."""
    mode = file.stat().st_mode
    if os.name != "nt" and mode & stat.S_IWOTH:
        raise StorageError(
            f"{file} can be written by everybody, so its commands are not run.", hint=f"chmod o-w {file}"
        )


def _from_table(name: str, table: object, where: str) -> Tool:
    if not isinstance(table, dict):
        raise UsageError(f"{where} must be a section.", hint=_HINT, title="Invalid tools")
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        said = f"{where}: unknown key {unknown[0]}; there are {', '.join(sorted(_KEYS))}."
        raise UsageError(said, hint=_HINT, title="Invalid tools")
    tool = _tool(name, table.get("command"), where)
    timeout = _number(table, "timeout", TIMEOUT_SECONDS, MOST_TIMEOUT_SECONDS, where)
    output = _number(table, "max_output", MAX_OUTPUT_BYTES, MOST_OUTPUT_BYTES, where)
    env = table.get("env", [])
    if not isinstance(env, list) or not all(isinstance(word, str) for word in env):
        raise UsageError(f"{where}: env must be a list of names of variables.", hint=_HINT, title="Invalid tools")
    return Tool(tool.name, tool.argv, timeout, int(output), tuple(env))


def _number(table: Mapping[str, Any], key: str, default: float, most: float, where: str) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        said = f"{where}: {key} must be a number above 0 and at most {most:,.0f}."
        raise UsageError(said, hint=_HINT, title="Invalid tools")
    return float(value)
