"""A template: everything about a request except the data: `Template`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from batchtui.templates.faults import InvalidTemplate
from batchtui.templates.placeholders import TemplateText

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Role
    text: TemplateText


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A prompt with placeholders, and the options that go with it. `RequestBuilder` makes requests of it."""

    name: str
    turns: tuple[Turn, ...]
    """The conversation; at least one."""
    version: int = 1
    """Grows with each saving under the same name."""
    description: str = ""
    """What it is for, in a sentence."""
    system: TemplateText | None = None
    model: str | None = None
    """A tier (cheap, capable, premium) or a model's id; None leaves it to the settings."""
    max_tokens: int | None = None
    id: str | None = None
    """The column that custom_ids are made from."""
    cache: bool = False
    """Whether the prefix that all requests share is marked to be cached for an hour."""
    schema: Mapping[str, Any] | None = None
    """The JSON schema that answers must fit."""
    tools: tuple[Mapping[str, Any], ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    """Further params of every request, as the API has them: thinking, metadata, stop_sequences …"""

    @property
    def texts(self) -> Iterator[TemplateText]:
        """All texts with placeholders, in the order in which the model reads them."""
        if self.system is not None:
            yield self.system
        yield from (turn.text for turn in self.turns)

    def bound_to(self, columns: Collection[str]) -> Template:
        """Return this template bound to a table's columns: see `TemplateText.bound_to`."""
        turns = tuple(Turn(turn.role, turn.text.bound_to(columns)) for turn in self.turns)
        return replace(self, turns=turns, system=self.system and self.system.bound_to(columns))

    @property
    def written(self) -> set[str]:
        """The names whose values stand in its texts as they are, beside other text: a blank one leaves a hole."""
        return {name for text in self.texts if not text.is_bare for name in text.written}

    @property
    def words(self) -> dict[str, str]:
        """Words of the language that stand where a column's name would, each with its place."""
        return {word: f"{text.place}, line {line}" for text in self.texts for word, line in text.words.items()}

    @property
    def names(self) -> set[str]:
        """The names of all placeholders."""
        return {name for text in self.texts for name in text.names}

    def missing(self, known: list[str]) -> list[str]:
        """Return a sentence for each placeholder without a column of its name."""
        return [sentence for text in self.texts for sentence in text.missing(known)]


_KINDS: Mapping[str, tuple[type, str]] = {
    "version": (int, "a whole number"),
    "description": (str, "text"),
    "model": (str, "a tier or the id of a model"),
    "max_tokens": (int, "a whole number"),
    "id": (str, "the name of a column"),
    "cache": (bool, "true or false"),
    "system": (str, "text"),
    "prompt": (str, "text"),
    "prefill": (str, "text"),
    "turns": (list, "a list of tables with role and text"),
    "schema": (dict, "a JSON schema"),
    "tools": (list, "a list of tools"),
    "params": (dict, "a table"),
}
"""What a template's file can say, and what each of it must be."""


def make_template(name: str, said: Mapping[str, Any]) -> Template:
    """Return the template with these keys of its file.

    `turns` come first, then `prompt` as the user, then `prefill` as the beginning of the answer.

    Raises:
        InvalidTemplate: a key is unknown, a value of the wrong kind, or nothing is asked at all.
    """
    for key, value in said.items():
        _refuse_wrong(key, value)
    # All keys are checked before: a wrong one is named before a text is parsed.
    turns = [_turn(number, turn) for number, turn in enumerate(said.get("turns", ()), 1)]
    if said.get("prompt", "").strip() or not turns:
        turns.append(Turn("user", TemplateText(said.get("prompt", ""))))
    if said.get("prefill"):
        turns.append(Turn("assistant", TemplateText(said["prefill"], "prefill")))
    system = said.get("system", "")
    return Template(
        name=name,
        turns=tuple(turns),
        version=said.get("version", 1),
        description=said.get("description", ""),
        system=TemplateText(system, "system") if system.strip() else None,
        model=said.get("model"),
        max_tokens=said.get("max_tokens"),
        id=said.get("id"),
        cache=said.get("cache", False),
        schema=said.get("schema"),
        tools=tuple(said.get("tools", ())),
        params=said.get("params", {}),
    )


def _refuse_wrong(key: str, value: Any) -> None:
    known = _KINDS.get(key)
    if known is None:
        close = get_close_matches(key, _KINDS, n=1)
        guess = f'did you mean "{close[0]}"?' if close else f"there are {', '.join(_KINDS)}"
        raise InvalidTemplate(f'a template has no "{key[:60]}"; {guess}')
    kind, words = known
    is_number = type(value) is int and value >= 1
    if not isinstance(value, kind) or (kind is int and not is_number):
        raise InvalidTemplate(f"{key} must be {words}, not {str(value)[:60]!r}")
    if key == "tools" and isinstance(value, list) and not all(isinstance(tool, dict) for tool in value):
        raise InvalidTemplate(f"{key} must be {words}")


def _turn(number: int, turn: Any) -> Turn:
    place = f"turn {number}"
    if not isinstance(turn, dict) or set(turn) != {"role", "text"} or not isinstance(turn.get("text"), str):
        raise InvalidTemplate(f"{place} must have a role and a text, and nothing else")
    if turn["role"] not in ("user", "assistant"):
        raise InvalidTemplate(f"{place} must be user or assistant; use system for other instructions")
    return Turn(turn["role"], TemplateText(turn["text"], place))
