"""Read and write templates as text: TOML between two lines of +++, then the prompt."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import islice
from typing import TYPE_CHECKING, Any

from batchtui.templates.faults import InvalidTemplate
from batchtui.templates.template import Template, make_template

if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN = re.compile(r"(\+\+\+|---)[ \t]*\r?\n")
_END = {mark: re.compile(rf"^{re.escape(mark)}[ \t]*\r?$\n?", re.MULTILINE) for mark in ("+++", "---")}
"""The line that ends a head. One inside a text over several lines looks just like it: see `_split`."""
MOST_ENDS = 100
"""Lines of +++ that are tried as the end of a head."""
_JSON_KEYS = ("schema", "tools", "params")
"""Keys that may be written as JSON in a text: schemas come as JSON, and TOML has no null."""


def parse_template(name: str, text: str, *, is_toml: bool = False) -> Template:
    """Parse a template; with `is_toml` the whole text is TOML and the prompt is one of its keys.

    Between lines of --- the head may also be `key: value` lines.

    Raises:
        InvalidTemplate: it is not written as it should be; it says where.
    """
    try:
        said = _toml(text, 0) if is_toml else _said(text.removeprefix("\ufeff"))
        for key in _JSON_KEYS:
            if isinstance(said.get(key), str):
                said[key] = _json(key, said[key])
        return make_template(name, said)
    except InvalidTemplate as fault:
        raise InvalidTemplate(f'the template "{name}": {fault}') from None


def template_text(template: Template) -> str:
    """Return a template as text that `parse_template` reads."""
    prompt, head = _prompt(template), list(_head(template))
    if prompt is not None and (prompt.strip("\r\n") != prompt or not prompt.strip()):
        # Below the head, line ends at its edges would be lost, and a blank prompt would be none. Keys come before
        # the tables of turns in TOML.
        at = next((place for place, line in enumerate(head) if line.startswith("[[")), len(head))
        head.insert(at, f"prompt = {_string(prompt)}")
        prompt = None
    return "+++\n" + "".join(f"{line}\n" for line in head) + f"+++\n{prompt or ''}\n"


def _said(text: str) -> dict[str, Any]:
    """Return the keys of the head, with the prompt among them."""
    begun = _BEGIN.match(text)
    if begun is None:
        return {"prompt": text}
    said, prompt = _split(text, begun)
    if "prompt" in said and prompt.strip():
        raise InvalidTemplate("the prompt is both in the head and below it")
    return {**said, "prompt": prompt} if prompt.strip() else said


def _split(text: str, begun: re.Match[str]) -> tuple[dict[str, Any], str]:
    """Return the head's keys, and the prompt below the head.

    The head ends at the first line of +++ with which it is TOML: a text in it may have such a line of its own, and up
    to there its quotation marks are open.
    """
    mark, first_fault = begun[1], None
    for end in islice(_END[mark].finditer(text, begun.end()), MOST_ENDS):
        inside = text[begun.end() : end.start()]
        try:
            return (_toml(inside, 1) if mark == "+++" else _plain_head(inside)), text[end.end() :]
        except InvalidTemplate as fault:
            first_fault = first_fault or fault
    raise first_fault or InvalidTemplate(f"its head does not end (a line of {mark})")


def _toml(text: str, before: int) -> dict[str, Any]:
    """Parse TOML; faults name lines of the file, in which `before` lines precede it."""
    try:
        return tomllib.loads("\n" * before + text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        raise InvalidTemplate(f"its head is not valid TOML: {fault}") from None


def _plain_head(text: str) -> dict[str, Any]:
    """Parse lines of `key: value`; numbers, true and false become values of their types."""
    said: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        key, mark, value = line.partition(":")
        if not mark:
            raise InvalidTemplate(f"its head has a line that is not `key: value`: {line[:60]}")
        value = value.strip()
        is_number = value.isdecimal() and value.isascii()
        said[key.strip()] = int(value) if is_number else {"true": True, "false": False}.get(value, value)
    return said


def _json(key: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise InvalidTemplate(f"{key} is not valid JSON: {fault}") from None


def _head(template: Template) -> Iterator[str]:
    """Yield the lines of the head; keys with their default are left out."""
    yield f"version = {template.version}"
    for key in ("description", "model", "max_tokens", "id"):
        if value := getattr(template, key):
            yield f"{key} = {_string(value) if isinstance(value, str) else value}"
    if template.cache:
        yield "cache = true"
    if template.system is not None:
        yield f"system = {_string(template.system.source)}"
    for key in ("schema", "params"):
        if value := getattr(template, key):
            yield f"{key} = {_string(json.dumps(value, ensure_ascii=False, indent=2))}"
    if template.tools:
        yield f"tools = {_string(json.dumps(list(template.tools), ensure_ascii=False, indent=2))}"
    turns = list(template.turns)
    if turns[-1].role == "assistant" and turns[-1].text.place == "prefill":
        yield f"prefill = {_string(turns.pop().text.source)}"
    for turn in turns if _prompt(template) is None else turns[:-1]:
        yield f'[[turns]]\nrole = "{turn.role}"\ntext = {_string(turn.text.source)}'


def _prompt(template: Template) -> str | None:
    """Return the prompt, which is the last user turn; None where the template has none."""
    asked = [turn for turn in template.turns if turn.text.place == "prompt"]
    return asked[-1].text.source.removesuffix("\n") if asked else None


def _string(text: str) -> str:
    """Return a TOML string, over several lines where its content allows that."""
    # A line of +++ in it would be taken for the end of the head by earlier versions.
    is_clean = not re.search(r"[\x00-\x08\x0b-\x1f\x7f]|^(?:\+\+\+|---)", text, re.MULTILINE)
    if "\n" in text and is_clean and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
