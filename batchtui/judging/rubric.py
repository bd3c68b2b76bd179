"""Read a rubric from TOML, Markdown or plain text: `read_rubric`.

    # TOML                                    # Markdown
    prompt = "You judge support answers."     You judge support answers.
    [[criteria]]
    name = "accuracy"                         ## accuracy (1-5)
    scale = [1, 5]
    description = "It says what is true."     It says what is true.
    levels = { 1 = "wrong", 5 = "right" }     - 1: wrong
                                              - 5: right

A text without a heading is one criterion, `quality`, from 1 to 5. Every complaint names the file and the line.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from batchtui.domain.errors import InputError
from batchtui.domain.results.judgment import OVERALL, WIN, Criterion, Rubric

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LONGEST_FILE = 1_000_000
"""Bytes of a rubric at most: it is sent with every request."""
LONGEST_NAME = 40
MOST_CRITERIA = 20
MOST_VALUES = 101
"""Values of a scale: the schema lists each, since structured outputs know no least and greatest number."""
RESERVED = frozenset({OVERALL, WIN, "winner", "reason", "score", "overall"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_HEADING = re.compile(r"^#{2,6}\s+(?P<title>.+?)\s*#*\s*$")
_TITLE = re.compile(r"^(?P<name>.*?)\s*(?:\((?P<scale>[^()]*)\))?$")
_SCALE = re.compile(r"^\s*(-?\d+)\s*(?:-|–|to|\.\.)\s*(-?\d+)\s*(?:,\s*weight\s+(?P<weight>\d+(?:\.\d+)?)\s*)?$")
_LEVEL = re.compile(r"^\s*[-*]\s+(-?\d+)\s*[:=]\s*(.+)$")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
_TOML_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class _Source:
    """A rubric's file, to say where something is wrong."""

    name: str
    lines: tuple[str, ...]

    def refuse(self, line: int, complaint: str, hint: str = "") -> NoReturn:
        """Raise the complaint about a line, from 1."""
        raise InputError(f"{self.name}:{line}: {complaint}", hint=hint, title="Invalid rubric")

    def find(self, pattern: str, start: int = 1, nth: int = 1) -> int:
        """Return the number of the nth line from `start` that begins like this; `start` where there is none."""
        wanted = re.compile(rf"\s*{pattern}")
        found = [at for at, line in enumerate(self.lines, 1) if at >= start and wanted.match(line)]
        return found[nth - 1] if len(found) >= nth else start


def read_rubric(path: Path) -> Rubric:
    """Read a rubric from a file; its ending says how it is written: .toml, .md, or anything else for plain text.

    Raises:
        InputError: it cannot be read or is wrong; the message names the line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise InputError(f"Cannot read the rubric {path}: {reason}.", title="Invalid rubric") from None
    if len(data) > LONGEST_FILE:
        raise InputError(f"The rubric {path} has more than {LONGEST_FILE:,} bytes.", title="Invalid rubric")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{path}:{line}: the rubric is not valid UTF-8.", title="Invalid rubric") from None
    return parse_rubric(str(path), text)


def parse_rubric(name: str, text: str) -> Rubric:
    """Read a rubric; the ending of its name says how it is written.

    Raises:
        InputError: it is wrong; the message names the line.
    """
    source = _Source(name, tuple(text.splitlines()))
    if not text.strip():
        source.refuse(1, "the rubric is empty.", "Write what a good answer is, in a sentence at least.")
    for number, line in enumerate(source.lines, 1):
        if found := _PLACEHOLDER.search(line):
            source.refuse(
                number,
                f"a rubric has no placeholders, but this line has {found[0][:40]}.",
                "The judge is given the request and the answer after the rubric, as data.",
            )
    if name.lower().endswith(".toml"):
        rubric = _from_toml(source, text)
    elif any(_HEADING.match(line) for line in source.lines):
        rubric = _from_markdown(source)
    else:
        rubric = Rubric((Criterion("quality", text.strip()),))
    return rubric


# ── Markdown ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_markdown(source: _Source) -> Rubric:
    start, fields = _front_matter(source)
    sections: list[tuple[int, str, list[tuple[int, str]]]] = []
    prompt: list[str] = []
    for number, line in enumerate(source.lines[start:], start + 1):
        if heading := _HEADING.match(line):
            sections.append((number, heading["title"], []))
        elif sections:
            sections[-1][2].append((number, line))
        else:
            prompt.append(line)
    criteria: list[Criterion] = []
    for number, title, lines in sections:
        criteria.append(_section(source, number, title, lines))
        _refuse_repeated(source, number, criteria)
    return Rubric(tuple(criteria), "\n".join(prompt).strip(), *_options(source, fields))


def _front_matter(source: _Source) -> tuple[int, dict[str, tuple[int, Any]]]:
    """Return how many lines the head between `---` takes, and its `key: value` lines with their numbers."""
    if source.lines[0].strip() != "---":
        return 0, {}
    fields: dict[str, tuple[int, Any]] = {}
    for number, line in enumerate(source.lines[1:], 2):
        if line.strip() == "---":
            return number, fields
        key, colon, value = line.partition(":")
        if line.strip() and not colon:
            source.refuse(number, f"expected `key: value`, not {line.strip()[:40]!r}.")
        if line.strip():
            text = value.strip()
            fields[key.strip()] = number, int(text) if text.isdecimal() else text
    return source.refuse(1, "the head that begins with --- does not end.", "End it with a line of ---.")


def _section(source: _Source, number: int, title: str, lines: list[tuple[int, str]]) -> Criterion:
    matched = _TITLE.match(title)
    assert matched is not None
    low, high, weight = 1, 5, 1.0
    if matched["scale"] is not None:
        scale = _SCALE.match(matched["scale"])
        if scale is None:
            source.refuse(number, f"({matched['scale'][:40]}) is not a scale.", "Write (1-5), or (1-5, weight 2).")
        low, high, weight = int(scale[1]), int(scale[2]), float(scale["weight"] or 1)
    levels: dict[int, str] = {}
    words: list[str] = []
    for at, line in lines:
        level = _LEVEL.match(line)
        if level is None:
            words.append(line)
            continue
        value = int(level[1])
        _refuse_level(source, at, value, low, high, levels)
        levels[value] = level[2].strip()
    name = re.sub(r"[\s-]+", "_", matched["name"].strip().strip("`*").lower())
    criterion = Criterion(name, "\n".join(words).strip(), low, high, weight, levels)
    _refuse_odd(source, number, criterion)
    return criterion


# ── TOML ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_toml(source: _Source, text: str) -> Rubric:
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _TOML_LINE.search(str(error))
        line = int(where["line"]) if where and where["line"] else max(len(source.lines), 1)
        source.refuse(line, f"not valid TOML: {_TOML_LINE.sub('', str(error))}.")
    _refuse_unknown(source, said, ("prompt", "model", "max_tokens", "criteria"), 1)
    if not isinstance(said.get("prompt", ""), str):
        source.refuse(source.find("prompt"), "`prompt` must be text.")
    tables = said.get("criteria")
    if not isinstance(tables, list) or not tables or not all(isinstance(one, dict) for one in tables):
        source.refuse(
            source.find(r"(\[+\s*)?criteria"), "the rubric has no criteria.", "Write a table [[criteria]] for each."
        )
    criteria: list[Criterion] = []
    for nth, table in enumerate(tables, 1):
        line = source.find(r"\[\[\s*criteria\s*\]\]", nth=nth)
        criteria.append(_table(source, line, table))
        _refuse_repeated(source, line, criteria)
    given: dict[str, tuple[int, Any]] = {
        key: (source.find(key), said[key]) for key in ("model", "max_tokens") if key in said
    }
    return Rubric(tuple(criteria), said.get("prompt", "").strip(), *_options(source, given))


def _table(source: _Source, line: int, table: Mapping[str, Any]) -> Criterion:
    _refuse_unknown(source, table, ("name", "description", "scale", "weight", "levels"), line)
    for key in ("name", "description"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            source.refuse(source.find(key, line), f"a criterion needs a `{key}`, as text.")
    scale = table.get("scale", [1, 5])
    if isinstance(scale, str) and (matched := _SCALE.match(scale)) and not matched["weight"]:
        scale = [int(matched[1]), int(matched[2])]
    if not (isinstance(scale, list) and len(scale) == 2 and all(type(one) is int for one in scale)):
        source.refuse(source.find("scale", line), "`scale` must be two whole numbers.", "Such as scale = [1, 5].")
    weight = table.get("weight", 1)
    if type(weight) not in (int, float):
        source.refuse(source.find("weight", line), "`weight` must be a number.")
    levels: dict[int, str] = {}
    given = table.get("levels", {})
    at = source.find(r"(\[\s*criteria\.)?levels", line)
    if not isinstance(given, dict):
        source.refuse(at, "`levels` must be a table of values and their meanings.")
    for key, meaning in given.items():
        if not re.fullmatch(r"-?\d+", key) or not isinstance(meaning, str):
            source.refuse(at, f"{key!r} is not a level.", 'Such as levels = { 1 = "wrong", 5 = "right" }.')
        _refuse_level(source, at, int(key), scale[0], scale[1], levels)
        levels[int(key)] = meaning.strip()
    criterion = Criterion(
        table["name"].strip(), table["description"].strip(), scale[0], scale[1], float(weight), levels
    )
    _refuse_odd(source, line, criterion)
    return criterion


# ── what is wrong in either ────────────────────────────────────────────────────────────────────────────────────────


def _options(source: _Source, fields: Mapping[str, tuple[int, Any]]) -> tuple[str | None, int | None]:
    for key, (line, _) in fields.items():
        if key not in ("model", "max_tokens"):
            source.refuse(line, f"unknown key `{key[:40]}`.", "The head of a rubric has `model` and `max_tokens`.")
    line, model = fields.get("model", (1, None))
    if model is not None and (not isinstance(model, str) or not model.strip()):
        source.refuse(line, "`model` must be a model's id, or cheap, capable or premium.")
    line, tokens = fields.get("max_tokens", (1, None))
    if tokens is not None and (type(tokens) is not int or tokens < 1):
        source.refuse(line, "`max_tokens` must be a whole number above 0.")
    return model, tokens


def _refuse_unknown(source: _Source, table: Mapping[str, Any], known: tuple[str, ...], line: int) -> None:
    for key in table:
        if key not in known:
            at = source.find(rf"\[*\s*{re.escape(key)}\b", line)
            source.refuse(at, f"unknown key `{key[:40]}`.", f"Known are {', '.join(known)}.")


def _refuse_level(source: _Source, line: int, value: int, low: int, high: int, levels: Mapping[int, str]) -> None:
    if not low <= value <= high:
        source.refuse(line, f"level {value} is outside the scale {low} to {high}.")
    if value in levels:
        source.refuse(line, f"level {value} is described twice.")


def _refuse_repeated(source: _Source, line: int, criteria: list[Criterion]) -> None:
    """Refuse the last criterion where its name is taken or there are too many."""
    if any(one.name == criteria[-1].name for one in criteria[:-1]):
        source.refuse(line, f"there are two criteria called `{criteria[-1].name}`.")
    if len(criteria) > MOST_CRITERIA:
        source.refuse(line, f"a rubric has at most {MOST_CRITERIA} criteria.")


def _refuse_odd(source: _Source, line: int, criterion: Criterion) -> None:
    name = criterion.name
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        source.refuse(
            line,
            f"`{name[:40]}` cannot be the name of a criterion.",
            f"Use a to z, 0 to 9 and _, beginning with a letter, {LONGEST_NAME} characters at most.",
        )
    if name in RESERVED:
        source.refuse(line, f"a criterion cannot be called `{name}`: batchtui uses that name itself.")
    if not criterion.description:
        source.refuse(line, f"the criterion `{name}` is not described.", "Say what a high score means.")
    if not criterion.low < criterion.high:
        source.refuse(line, f"the scale of `{name}` must go from a lower to a higher number.")
    if criterion.high - criterion.low + 1 > MOST_VALUES:
        source.refuse(line, f"the scale of `{name}` has more than {MOST_VALUES} values.")
    if not 0 < criterion.weight < float("inf"):
        source.refuse(line, f"the weight of `{name}` must be above 0.")
