"""List every setting with its value, default and meaning: `entries`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from batchtui.settings.model import Section, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

WEBHOOK = "notify.webhook"


@dataclass(frozen=True, slots=True)
class SettingEntry:
    """One setting with its current value."""

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
    def shown(self) -> str:
        """The value for eyes and logs: of an address the host alone, since its path is the secret of most webhooks."""
        if self.key != WEBHOOK or not self.value:
            return self.value
        scheme, _, rest = json.loads(self.value).partition("://")
        host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
        return json.dumps(f"{scheme}://{host}/…" if host else "", ensure_ascii=False)

    @property
    def path(self) -> tuple[str, ...]:
        """The names of its sections, then its own."""
        return (*filter(None, self.section.split(".")), *filter(None, (self.name,)))

    @property
    def key(self) -> str:
        """The dotted name."""
        return ".".join(filter(None, (self.section, self.name)))

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the default."""
        return self.value != self.default


def entries(settings: Settings) -> tuple[SettingEntry, ...]:
    """List every setting, in the order of the model."""
    return tuple(_entries(settings, Settings(), ""))


def template() -> str:
    """Return a settings file with every setting and its meaning, all commented out."""
    lines: list[str] = []
    section = ""
    for entry in entries(Settings()):
        if entry.section != section:
            section = entry.section
            lines += [f"[{section}]", *([f"# {_about(section)}", ""] if entry.name else [])]
        lines += [f"# {entry.meaning}", *([f"# {entry.name} = {entry.default}".rstrip()] if entry.name else []), ""]
    return "\n".join(lines).strip() + "\n"


def _entries(values: Section, defaults: Section, section: str) -> Iterator[SettingEntry]:
    described = _described()[type(values).__name__]
    for each in fields(values):
        name = each.name
        value, default = getattr(values, name), getattr(defaults, name)
        if isinstance(value, Section):
            yield from _entries(value, default, name)
        elif isinstance(value, Mapping):
            # A table of its own: it stands below the other keys of its section, as TOML wants it.
            table = ".".join(filter(None, (section, name)))
            yield SettingEntry(table, "", _toml(value), _toml(default), described[name]["description"])
        else:
            said = described[name]
            yield SettingEntry(section, name, _toml(value), _toml(default), said["description"], _choices(said))


@cache
def _described() -> Mapping[str, Mapping[str, Any]]:
    """Return the JSON schema of every field, by class: its meaning and its choices."""
    # Late: `batchtui list` reads paths from this package and must not load pydantic.
    from pydantic import TypeAdapter

    schema = TypeAdapter(Settings).json_schema()
    return {Settings.__name__: schema["properties"], **{name: of["properties"] for name, of in schema["$defs"].items()}}


def _choices(said: Mapping[str, Any]) -> tuple[str, ...]:
    if said.get("type") == "boolean":
        return ("true", "false")
    return tuple(map(_toml, said.get("enum", ())))


def _about(section: str) -> str:
    return (type(getattr(Settings(), section)).__doc__ or "").strip()


def _toml(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Section):
        # TOML has no null: what is None is left out.
        value = {key: held for key, held in asdict(value).items() if held is not None}
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(held)}" for key, held in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)
