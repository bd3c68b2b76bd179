"""The settings as a manual: every key with its value, its default and its meaning."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from batchtui.settings import model
from batchtui.settings.model import Section, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as it stands."""

    section: str
    """Empty for what stands at the top of the file."""
    name: str
    """Empty where the section holds names of the user's own."""
    value: str
    """As it would be written in TOML; empty where it is not set and has no default."""
    default: str
    meaning: str
    choices: tuple[str, ...] = ()
    """Every value there is, as it would be written in TOML; empty where there are too many to name."""

    @property
    def path(self) -> tuple[str, ...]:
        """The names that lead to it."""
        return (*filter(None, self.section.split(".")), *filter(None, (self.name,)))

    @property
    def key(self) -> str:
        """The dotted name."""
        return ".".join(filter(None, (self.section, self.name)))

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the default."""
        return self.value != self.default


def entries(settings: Settings) -> tuple[Entry, ...]:
    """List every setting, in the order of the model."""
    return tuple(_entries(settings, Settings(), ""))


def template() -> str:
    """Write a settings file that changes nothing: every setting with its meaning, commented out."""
    lines: list[str] = []
    section = ""
    for entry in entries(Settings()):
        if entry.section != section:
            section = entry.section
            lines += [f"[{section}]", *([f"# {_about(section)}", ""] if entry.name else [])]
        lines += [f"# {entry.meaning}", *([f"# {entry.name} = {entry.default}".rstrip()] if entry.name else []), ""]
    return "\n".join(lines).strip() + "\n"


def _entries(values: Section, defaults: Section, section: str) -> Iterator[Entry]:
    meanings = _meanings()[type(values).__name__]
    for name, annotation in get_type_hints(type(values)).items():
        value, default = getattr(values, name), getattr(defaults, name)
        if isinstance(value, Section):
            yield from _entries(value, default, name)
        elif isinstance(value, Mapping):
            # A table of its own: it stands below the other keys of its section, as TOML wants it.
            table = ".".join(filter(None, (section, name)))
            yield Entry(table, "", _toml(value), _toml(default), meanings[name])
        else:
            yield Entry(section, name, _toml(value), _toml(default), meanings[name], _choices(annotation))


@cache
def _meanings() -> Mapping[str, Mapping[str, str]]:
    """Read the text below each field of the model, class by class."""
    found: dict[str, dict[str, str]] = {}
    for made in ast.parse(inspect.getsource(model)).body:
        if isinstance(made, ast.ClassDef):
            below = found[made.name] = {}
            for line, text in pairwise(made.body):
                match line, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(said))):
                        below[name] = inspect.cleandoc(said)
    return found


def _choices(annotation: Any) -> tuple[str, ...]:
    if annotation is bool:
        return ("true", "false")
    return tuple(_toml(value) for value in get_args(annotation)) if get_origin(annotation) is Literal else ()


def _about(section: str) -> str:
    return (type(getattr(Settings(), section)).__doc__ or "").strip()


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Section):
        value = {key: held for key, held in asdict(value).items() if held is not None}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(held)}" for key, held in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)
