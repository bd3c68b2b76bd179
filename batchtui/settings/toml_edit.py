"""Write one setting into the file and keep everything else in it, comments included: `edit`.

What is written is checked first, as a whole: a file that batchtui wrote is one that it can read.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError, UsageError
from batchtui.settings.loading import parse_settings
from batchtui.settings.paths import PRIVATE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

    from batchtui.settings.model import Settings

    Check = Callable[[Settings], object]
    """Raises where settings that can be read still cannot be."""


def coerce(text: str, path: Sequence[str], typed: str, *, check: Check | None = None) -> tuple[str, Settings]:
    """Return the text of a settings file with one setting changed to a typed value, parsed by the setting's type.

    Args:
        text: the file as it is.
        path: the names that lead to the setting.
        typed: a value as in TOML, or the bare words of a text; nothing takes the setting out of the file.
        check: looks at the settings as they would be.

    Returns:
        The new text, and what it says.

    Raises:
        UsageError: where no reading of it can be; the sentence is about the likeliest one.
    """
    first: UsageError | None = None
    for value in _readings(typed):
        try:
            new = edit(text, path, value)
            settings = parse_settings(new, where="config.toml")
            if check is not None:
                check(settings)
        except UsageError as error:
            first = first or error
        else:
            return new, settings
    assert first is not None  # there is at least one reading
    raise first


def edit(text: str, path: Sequence[str], value: Any | None) -> str:
    """Return the text of a settings file with one setting changed, or without it where the value is None.

    Raises:
        UsageError: where it is no TOML, or is written in a way that nothing can be put into without harm.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    expected = parsed(text)
    # Done twice, on plain values and on tomlkit's document: only where both agree has nothing else changed.
    _put(expected, path, value, dict)
    try:
        document = tomlkit.parse(text)
        _put(document, path, value, tomlkit.table)
        new = tomlkit.dumps(document).lstrip("\n")
        came_to: dict[str, Any] | None = tomllib.loads(new)
    except (TOMLKitError, tomllib.TOMLDecodeError):
        came_to = None
    if came_to is None or _full(came_to) != _full(expected):
        raise UsageError(
            f"{'.'.join(path)} cannot be changed without damaging the rest of the file.", hint="Edit the file by hand."
        )
    return new


def parsed(text: str) -> dict[str, Any]:
    """Read TOML. Raises `UsageError`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"The settings are not valid TOML: {error}.", title="Invalid settings") from error


def read_text(file: Path) -> str:
    """Read the text of a settings file; empty where there is none. Raises `StorageError`."""
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{file} cannot be read: {error}.", hint="Check the file.") from error


def write_text(file: Path, text: str) -> None:
    """Replace a settings file in one step; where it is a link, what it leads to.

    Raises:
        StorageError: where it cannot be written; the old one is still there then.
    """
    # Dotfiles are often links into a repository: the file there is changed, and the link stays.
    target = file.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else PRIVATE_FILE
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as half:
                half.write(text)
                half.flush()
                # Before the rename: after a power failure the name could lead to an empty file.
                os.fsync(half.fileno())
            Path(name).chmod(mode)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"Cannot write {file}: {error.strerror or error}.") from error


def _readings(typed: str) -> list[Any]:
    """Return the possible values of a typed text: a TOML value where it is one, then the text itself."""
    typed = typed.strip()
    if not typed:
        return [None]
    try:
        value = tomllib.loads(f"value = {typed}")
    except tomllib.TOMLDecodeError:
        return [typed]
    # A typed line break could make two keys of it: only a single value counts.
    return [value["value"], typed] if set(value) == {"value"} else [typed]


def _put(
    tables: MutableMapping[str, Any],
    path: Sequence[str],
    value: Any | None,
    new: Callable[[], MutableMapping[str, Any]],
) -> None:
    *sections, name = path
    for section in sections:
        if section not in tables:
            if value is None:
                return
            tables[section] = new()
        tables = tables[section]
    if value is not None:
        tables[name] = value
    elif name in tables:
        del tables[name]


def _full(value: Any) -> Any:
    """Return the document without empty tables."""
    if not isinstance(value, dict):
        return value
    return {key: full for key, held in value.items() if (full := _full(held)) != {}}
