"""A text with gaps: what it asks for, its fixed beginning, and its filling."""

from __future__ import annotations

import traceback
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from batchtui.templates.sandbox import LONGEST, said, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jinja2 import Template as JinjaTemplate
    from jinja2 import nodes

ROW = "row"
"""What all values together are called: `{{ row["a name with spaces"] }}`."""


class TemplateFault(ValueError):
    """A template that is not written as it should be, or that asks for what the data does not have."""


class Gaps:
    """A text of Jinja, read once and filled for every row.

    Most prompts have plain gaps and nothing else; these are joined without Jinja, fifty times as fast, with the same
    outcome.
    """

    def __init__(self, source: str, place: str = "prompt") -> None:
        """Read the text; `place` is what faults call it.

        Raises:
            TemplateFault: a bracket is open, or a filter or tag is none.
        """
        from jinja2 import TemplateError, TemplateSyntaxError, meta

        self.source = source
        self.place = place
        try:
            tree = sandbox().parse(source)
            names = meta.find_undeclared_variables(tree) - sandbox().globals.keys()
            self._jinja: JinjaTemplate | None = None
            self._plain = _plain(tree)
            if self._plain is None:
                self._jinja = sandbox().from_string(source)
        except TemplateSyntaxError as fault:
            raise TemplateFault(f"{place}, line {fault.lineno}: {fault.message}") from None
        except (TemplateError, ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as fault:
            raise TemplateFault(f"{place}: {fault}") from None
        self.names: dict[str, int] = _lines(tree, names)
        """What it asks for by name, each with the line where it does so first."""
        self.lead = _lead(tree)
        """The text before the first gap."""

    @property
    def is_fixed(self) -> bool:
        """Whether it is the same for every row."""
        return self._plain is not None and not self._plain[1]

    def missing(self, known: Iterable[str]) -> Iterator[str]:
        """Yield a sentence for everything that it asks for and that has no such name."""
        given = list(known)
        for name, line in self.names.items():
            if name not in given and name != ROW:
                yield self._unknown(name, line, given)

    def fill(self, values: Mapping[str, Any]) -> str:
        """Put values into the gaps.

        Raises:
            TemplateFault: a value is missing, or the text cannot be worked out; it says where.
        """
        if self._plain is None:
            return self._work_out(values)
        first, pairs = self._plain
        pieces = [first]
        for name, text in pairs:
            try:
                value = values[name]
            except KeyError:
                raise TemplateFault(self._unknown(name, self.names.get(name, 1), list(values))) from None
            pieces.append(value if type(value) is str else said(value))
            pieces.append(text)
        return "".join(pieces)

    def _work_out(self, values: Mapping[str, Any]) -> str:
        """Fill it with Jinja."""
        from jinja2 import TemplateError

        assert self._jinja is not None
        try:
            return "".join(_bounded(self._jinja.generate(values)))
        except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError) as fault:
            raise TemplateFault(f"{self.place}{_line(fault)}: {_reason(fault)}") from None
        except (RecursionError, MemoryError):
            raise TemplateFault(f"{self.place}: it never ends, or is too long") from None

    def _unknown(self, name: str, line: int, known: list[str]) -> str:
        """Say that there is no such name, and what may have been meant."""
        close = get_close_matches(name.lower(), [each.lower() for each in known], n=1, cutoff=0.5)
        meant = next((each for each in known if close and each.lower() == close[0]), None)
        guess = f'; did you mean "{meant}"?' if meant else ""
        listed = ", ".join(each for each in known if each != ROW)
        there = "" if meant or not listed else f"; there are {listed[:200]}"
        return f'{self.place}, line {line}: there is no "{name}"{guess}{there}'


def _plain(tree: nodes.Template) -> tuple[str, list[tuple[str, str]]] | None:
    """Return the text before the first gap, then each gap's name with the text after it; None where it has more."""
    from jinja2 import nodes

    pieces: list[str | tuple[str]] = [""]
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                pieces.append(node.data)
            elif isinstance(node, nodes.Name) and node.name not in sandbox().globals and node.name != ROW:
                pieces += [(node.name,), ""]
            else:
                return None
    return _paired(pieces)


def _paired(pieces: list[str | tuple[str]]) -> tuple[str, list[tuple[str, str]]]:
    first, pairs = "", []
    for piece in pieces:
        if isinstance(piece, tuple):
            pairs.append((piece[0], ""))
        elif pairs:
            pairs[-1] = (pairs[-1][0], pairs[-1][1] + piece)
        else:
            first += piece
    return first, pairs


def _lines(tree: nodes.Template, names: set[str]) -> dict[str, int]:
    """Return where each name is asked for first."""
    from jinja2 import nodes

    found: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in names:
            found.setdefault(node.name, node.lineno)
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _lead(tree: nodes.Template) -> str:
    """Return the text that stands before everything that could differ."""
    from jinja2 import nodes

    lead = ""
    for output in tree.body:
        for node in output.nodes if isinstance(output, nodes.Output) else [output]:
            if not isinstance(node, nodes.TemplateData):
                return lead
            lead += node.data
    return lead


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    """Pass on pieces, as long as they make a text that a request can hold."""
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > LONGEST:
            raise OverflowError("the text is too long")
        yield piece


def _line(fault: Exception) -> str:
    """Say in which line of the template it happened."""
    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if frame.filename == "<template>"]
    return f", line {frames[-1].lineno}" if frames else ""


def _reason(fault: Exception) -> str:
    """Word a fault of Jinja's or Python's for somebody who wrote a prompt."""
    if isinstance(fault, KeyError):
        return f"there is no {fault}"
    return str(fault)[:300] or type(fault).__name__
