"""Read the settings file, with errors that name file, line and key: `load_settings`."""

from __future__ import annotations

import difflib
import re
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError, UsageError
from batchtui.settings.model import Section, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

_LONGEST = 1_000_000
"""Bytes that are read at most: what is larger is no settings file."""
_HINT = "`batchtui config` lists all settings and their meanings."
_PLAINLY = {
    "string_type": "text in quotes",
    "string_too_short": "some text",
    "tuple_type": 'a list of words, as in ["program", "argument"]',
    "dict_type": "a section",
    "mapping_type": "a section",
    "dataclass_type": "a section",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "decimal_parsing": "a number",
    "decimal_type": "a number",
}
"""Messages of pydantic that name its own types."""


def load_settings(file: Path) -> Settings:
    """Read the settings. No file means the defaults.

    Raises:
        StorageError: the file exists and cannot be read.
        UsageError: it is no TOML, or a key or value is wrong; all errors are named, each with its line.
    """
    try:
        with file.open("rb") as source:
            # One read and not a `stat` before it: the path may be a pipe or a device, which has no size.
            content = source.read(_LONGEST)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise StorageError(
            f"{file} cannot be read: {error.strerror or error}.", hint="Check its permissions."
        ) from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise StorageError(f"{file}, line {line}: this is not UTF-8.", hint="Save it as UTF-8.") from error
    return parse_settings(text, where=str(file))


def parse_settings(text: str, *, where: str) -> Settings:
    """Read settings from TOML; `where` is what error sentences call it.

    Raises:
        UsageError: as `load_settings`.
    """
    import tomllib

    try:
        values = tomllib.loads(text)
    # RecursionError: tomllib follows arrays nested without end.
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{where} is not valid TOML: {error}.", hint=_HINT, title="Invalid settings") from error
    # An empty file is no file: pydantic is not imported for it.
    return _read(values, text, where) if values else Settings()


def _read(values: dict[str, Any], text: str, where: str) -> Settings:
    from pydantic import ValidationError

    try:
        return _validator().validate_python(values)
    except ValidationError as error:
        faults = sorted((_place(details, text), _sentence(details)) for details in error.errors(include_url=False))
        said = "; ".join(f"line {line}: {fault}" if line else fault for line, fault in faults)
        raise UsageError(f"{where}: {said}.", hint=_HINT, title="Invalid settings") from None


@cache
def _validator() -> TypeAdapter[Settings]:
    """Return what checks values; making it takes some 50 ms, so that the dashboard does it once."""
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)


def _place(details: ErrorDetails, text: str) -> int:
    """Return the line of an error, from 1; 0 where it is unknown."""
    return _line_of([str(step) for step in details["loc"]], text) or 0


def _sentence(details: ErrorDetails) -> str:
    path = [str(step) for step in details["loc"]]
    name = ".".join(path)
    # What pydantic calls a key that a dataclass does not have.
    if details["type"] == "unexpected_keyword_argument":
        return f"there is no setting {name}{_guess(path)}"
    said = _PLAINLY.get(details["type"]) or details["msg"].removeprefix("Value error, ")
    said = said.removeprefix("Input should be ")
    said = said.replace("less than or equal to", "at most").replace("greater than or equal to", "at least")
    return f"{name} must be {said}{_given(details['input'])}"


def _given(value: Any) -> str:
    shown = repr(value)
    # Tables and lists are not repeated: the line number leads to them.
    return f", not {shown}" if isinstance(value, (str, int, float)) and len(shown) <= 60 else ""


def _guess(path: Sequence[str]) -> str:
    """Return the setting that may have been meant, in words: a similar name in its section, or the same in another."""
    known = list(_all_keys())
    name, parent = path[-1], ".".join(path[:-1])
    near = difflib.get_close_matches(
        name, [key.rpartition(".")[2] for key in known if key.rpartition(".")[0] == parent], 1
    )
    if near:
        return f" (did you mean {'.'.join((*path[:-1], near[0]))}?)"
    elsewhere = [key for key in known if key.rpartition(".")[2] == name]
    close = elsewhere or difflib.get_close_matches(".".join(path), known, 1)
    return f" (did you mean {close[0]}?)" if close else ""


def _all_keys() -> list[str]:
    keys: list[str] = []
    for each in fields(Settings):
        keys.append(each.name)
        if isinstance(each.default, Section):
            keys += [f"{each.name}.{inner.name}" for inner in fields(each.default)]
    return keys


def _line_of(path: Sequence[str], text: str) -> int | None:
    """Return the line of a key, from 1, by a simple search: tomllib keeps no positions. None where it is not found."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        # Only the usual ways of writing: a key that is not found costs the line number in a message, nothing else.
        header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        if header:
            section = _plain(header[1])
            if section == ".".join(path):
                return number
            continue
        key = re.match(r"\s*([^=#]+?)\s*=", line)
        if key:
            whole = ".".join(filter(None, (section, _plain(key[1]))))
            if whole == ".".join(path) or ".".join(path).startswith(f"{whole}."):
                return number
    return None


def _plain(key: str) -> str:
    return re.sub(r"[\"'\s]", "", key)
