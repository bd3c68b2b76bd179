"""Tables, templates and compositions for the tests of composing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.compose import Composer, ComposerOptions, TableOptions, open_table
from batchtui.templates import parse_template
from tests.intake.builders import options

if TYPE_CHECKING:
    from pathlib import Path

    from batchtui.compose import Table

PLAIN = "Say {{ text }}"


def table(folder: Path, content: bytes | str, name: str = "t.csv", **choices: Any) -> Table:
    """A table of these bytes."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return open_table(str(path), TableOptions(**choices))


def composer(source: Table, template: str | None = PLAIN, **choices: Any) -> Composer:
    """A composer of a table, with a template's text."""
    checks = {key: choices.pop(key) for key in ("tiers", "templates") if key in choices}
    made = None if template is None else parse_template("t", template)
    return Composer(source, made, ComposerOptions(check=options(**checks), **choices))


def composed(source: Table, template: str | None = PLAIN, **choices: Any) -> tuple[list[dict[str, Any]], list[Any]]:
    """The requests of a table, and the problems."""
    made = composer(source, template, **choices)
    requests = [json.loads(each.payload) for block in made.blocks() for each in block]
    return requests, list(made.report().problems)


def request(custom_id: str, content: Any, **params: Any) -> dict[str, Any]:
    """A request as it should come out."""
    messages = params.pop("messages", [{"role": "user", "content": content}])
    whole = {"model": "claude-sonnet-5-5", "max_tokens": 4096, **params, "messages": messages}
    return {"custom_id": custom_id, "params": whole}
