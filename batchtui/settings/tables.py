"""From the tables of a settings file to the model: every value is read as the annotation of its field says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from batchtui.settings.kinds import Misfit
from batchtui.settings.model import Section, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTION = "a section"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one key."""

    path: tuple[str, ...]
    must_be: str
    """What should stand there; empty where there is no such setting."""
    given: Any


def read_tables(values: Mapping[str, Any]) -> tuple[Settings, Sequence[Fault]]:
    """Read the whole file. Returns the settings, and what is wrong: where something is, they are not to be used."""
    tables = _Tables()
    settings = tables.section(Settings, values, ())
    return settings if isinstance(settings, Settings) else Settings(), tables.faults


class _Tables:
    """Reads tables into sections, and gathers every fault on the way."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def section(self, kind: type[Section], values: Any, path: tuple[str, ...]) -> Any:
        """Read one table; None where something in it is wrong."""
        if not isinstance(values, dict):
            return self._refuse(path, SECTION, values)
        before, hints = len(self.faults), get_type_hints(kind, include_extras=True)
        read: dict[str, Any] = {}
        for name, value in values.items():
            if name in hints:
                read[name] = self._value(hints[name], value, (*path, name))
            else:
                self._refuse((*path, name), "", value)
        if len(self.faults) > before:
            return None
        try:
            return kind(**read)
        except Misfit as error:
            return self._refuse(path, str(error), values)

    def _value(self, kind: Any, value: Any, path: tuple[str, ...]) -> Any:
        if get_origin(kind) in (Union, UnionType):  # with None, for what is not set
            kind = get_args(kind)[0]
        if get_origin(kind) is Mapping:
            return self._names(get_args(kind)[1], value, path)
        if get_origin(kind) is Literal:
            return value if value in get_args(kind) else self._refuse(path, _one_of(get_args(kind)), value)
        if isinstance(kind, type) and issubclass(kind, Section):
            return self.section(kind, value, path)
        try:
            return kind.__metadata__[0](value)
        except Misfit as error:
            return self._refuse(path, str(error), value)

    def _names(self, kind: Any, values: Any, path: tuple[str, ...]) -> Any:
        """Read a table whose keys are names of the user's own."""
        if not isinstance(values, dict):
            return self._refuse(path, SECTION, values)
        return {name: self._value(kind, value, (*path, name)) for name, value in values.items()}

    def _refuse(self, path: tuple[str, ...], must_be: str, given: Any) -> Any:
        self.faults.append(Fault(path, must_be, given))
        return None


def _one_of(choices: Sequence[str]) -> str:
    *others, last = map(repr, choices)
    return f"{', '.join(others)} or {last}"
