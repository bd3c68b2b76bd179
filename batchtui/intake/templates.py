"""Templates for requests: readable files, ours and the user's, filled in by Jinja in a sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jinja2 import Template as JinjaTemplate
    from jinja2.sandbox import SandboxedEnvironment

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_SUFFIXES = (".md", ".txt", ".j2")


class TemplateFault(ValueError):
    """A template that is not written as it should be, or that asks for what the data does not have."""


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with gaps. The head of its file (between two lines of ---) may set `system` and `max_tokens`."""

    name: str
    body: JinjaTemplate
    head: Mapping[str, str] = field(default_factory=dict)

    @property
    def system(self) -> str | None:
        """What goes into `system`, as it is written."""
        return self.head.get("system")

    @property
    def max_tokens(self) -> int | None:
        """What goes into `max_tokens`.

        Raises:
            TemplateFault: it is no number.
        """
        text = self.head.get("max_tokens")
        if text is None:
            return None
        if not text.isdecimal():
            raise TemplateFault(f'the template "{self.name}" has max_tokens "{text}", which is no number')
        return int(text)

    def fill(self, values: Mapping[str, Any]) -> str:
        """Put values into the gaps.

        Raises:
            TemplateFault: a value is missing, or the template cannot be worked out.
        """
        from jinja2 import TemplateError

        try:
            return self.body.render(values).strip()
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as fault:
            raise TemplateFault(f'the template "{self.name}" cannot be filled: {fault}') from None


def find_template(name: str, folder: Path | None) -> Template | None:
    """Return a template by name, the user's before ours; None where there is none.

    Raises:
        TemplateFault: it is not written as it should be.
    """
    if not _NAME.fullmatch(name):
        return None
    for suffix in _SUFFIXES if folder else ():
        path = folder / (name + suffix) if folder else None
        if path is not None and path.is_file():
            return parse_template(name, path.read_text("utf-8"))
    built_in = files("batchtui.intake") / "templates" / f"{name}.md"
    return parse_template(name, built_in.read_text("utf-8")) if built_in.is_file() else None


def parse_template(name: str, text: str) -> Template:
    """Make a template of its text.

    Raises:
        TemplateFault: a bracket is open, or the head is no list of `key: value`.
    """
    from jinja2 import TemplateSyntaxError

    head: dict[str, str] = {}
    if text.startswith("---\n"):
        inside, mark, text = text[4:].partition("\n---\n")
        if not mark:
            raise TemplateFault(f'the head of the template "{name}" does not end (a line of ---)')
        for line in filter(str.strip, inside.splitlines()):
            key, mark, value = line.partition(":")
            if not mark or key.strip() not in ("system", "max_tokens"):
                raise TemplateFault(
                    f'the head of the template "{name}" has a line that is no system or max_tokens: {line[:60]}'
                )
            head[key.strip()] = value.strip()
    try:
        return Template(name, _environment().from_string(text), head)
    except TemplateSyntaxError as fault:
        raise TemplateFault(f'the template "{name}" has a fault in line {fault.lineno}: {fault.message}') from None


@cache
def _environment() -> SandboxedEnvironment:
    """Return the sandbox, in which a gap without a value is an error."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=False)
