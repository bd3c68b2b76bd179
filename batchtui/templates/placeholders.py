"""Read text with placeholders (`{{ column }}`) and render it for rows: `TemplateText`."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from batchtui.templates import syntax
from batchtui.templates.faults import WRONG, InvalidTemplate, bounded, line_of, reason_of
from batchtui.templates.sandbox import sandbox
from batchtui.templates.syntax import ROW
from batchtui.templates.values import as_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jinja2 import Template as JinjaTemplate


class TemplateText:
    """A text in Jinja's language, read once and rendered for every row.

    Most prompts have plain placeholders and nothing else; these are joined without Jinja, fifty times as fast, with the
    same outcome.
    """

    def __init__(self, source: str, place: str = "prompt", columns: Collection[str] = ()) -> None:
        """Read the text.

        Args:
            source: the text.
            place: its name in messages.
            columns: the table's; where one is called `request.prompt`, the placeholder of these words is that column.

        Raises:
            InvalidTemplate: a bracket is open, or a filter or tag does not exist.
        """
        self.source = source
        self.place = place
        self._dotted = {syntax.variable_of(column): column for column in columns if "." in column and column in source}
        tree, self._jinja = self._read()
        self._plain = syntax.plain_pieces(tree)
        first, pairs = self._plain or ("", [])
        self._asked = [name for name, _ in pairs]
        self._format = "%s".join(text.replace("%", "%%") for text in (first, *(text for _, text in pairs)))
        self._is_tame = self._plain is None and syntax.is_tame(tree)
        self._used = syntax.used_variables(tree)
        self._paths = syntax.dotted_paths(tree)
        self.names: dict[str, int] = syntax.asked_names(tree)
        """What it asks for by name, each with the line where it does so first."""
        self.written = syntax.written_names(tree) & self.names.keys()
        """Of these, what it writes as it is: a blank cell leaves a hole in the prompt."""
        self.words: dict[str, int] = syntax.bare_words(source)
        """Words of the language, such as `none`, that stand where a column's name would."""
        self.lead = syntax.lead_of(tree)
        """The text before the first placeholder."""

    @property
    def is_fixed(self) -> bool:
        """Whether the text has no placeholders."""
        return self._plain is not None and not self._plain[1]

    @property
    def is_bare(self) -> bool:
        """Whether the text is a single placeholder."""
        if self._plain is None or len(self._plain[1]) != 1:
            return False
        return not (self._plain[0] + self._plain[1][0][1]).strip()

    def bound_to(self, columns: Collection[str]) -> TemplateText:
        """Return this text with dotted column names resolved against a table's columns."""
        return type(self)(self.source, self.place, columns) if any("." in column for column in columns) else self

    def missing(self, known: Iterable[str]) -> Iterator[str]:
        """Yield a sentence for each placeholder without a column of its name."""
        given = list(known)
        for name, line in self.names.items():
            if name not in given and name != ROW:
                yield self._unknown(name, line, given)

    def fill(self, values: Mapping[str, Any]) -> str:
        """Return the text with each placeholder replaced by the row's value.

        Raises:
            InvalidTemplate: a value is missing, or the text cannot be worked out; it says where.
        """
        if self._plain is None:
            return self._work_out(values)
        try:
            given = [values[name] for name in self._asked]
        except KeyError as fault:
            name = fault.args[0]
            raise InvalidTemplate(self._unknown(name, self.names.get(name, 1), list(values))) from None
        for value in given:
            if type(value) is not str:
                given = [as_text(each) for each in given]
                break
        # One step in C for all pieces: this runs for every row.
        return self._format % tuple(given)

    def _work_out(self, values: Mapping[str, Any]) -> str:
        """Return the text rendered by Jinja: in this process where it `is_tame`, else in one with limits."""
        from jinja2 import TemplateError

        assert self._jinja is not None
        known = self._known(values)
        if not self._is_tame:
            from batchtui.templates.render_process import render

            return render(self.source, self.place, tuple(self._dotted.values()), known)
        try:
            return "".join(bounded(self._jinja.generate(known)))
        except (TemplateError, *WRONG) as fault:
            raise InvalidTemplate(f"{self.place}{line_of(fault)}: {reason_of(fault)}") from None
        except (RecursionError, MemoryError):
            raise InvalidTemplate(f"{self.place}: it never ends, or is too long") from None

    def _known(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the row's values that the text uses, by variable."""
        known = {name: values[name] for name in self._used if name in values}
        known |= {name: values[column] for name, column in self._dotted.items() if column in values}
        # Filters of Jinja would write `b'…'` for bytes.
        return {name: as_text(value) if type(value) is bytes else value for name, value in known.items()}

    def _read(self) -> tuple[Any, JinjaTemplate | None]:
        """Return the tree, and what Jinja makes of it where Jinja is needed."""
        from jinja2 import TemplateError, TemplateSyntaxError

        try:
            tree = syntax.read_tree(self.source, tuple(self._dotted.values()))
            # Compiling is what finds filters and tests that do not exist; it works nothing out (see `sandbox`).
            return tree, None if syntax.plain_pieces(tree) is not None else sandbox().from_string(tree)
        except TemplateSyntaxError as fault:
            raise InvalidTemplate(f"{self.place}, line {fault.lineno}: {fault.message}") from None
        except (TemplateError, SyntaxError, RecursionError, MemoryError, *WRONG) as fault:
            raise InvalidTemplate(f"{self.place}: {fault}") from None

    def _unknown(self, name: str, line: int, known: list[str]) -> str:
        """Return the sentence about an unknown name, with the closest known one."""
        asked = self._paths.get(name, name)
        lower = {each.lower(): each for each in reversed(known)}
        close = get_close_matches(asked.lower(), lower, n=1, cutoff=0.5)
        guess = f'; did you mean "{lower[close[0]]}"?' if close else ""
        listed = ", ".join(each for each in known if each != ROW)
        there = "" if close or not listed else f"; there are {listed[:200]}"
        return f'{self.place}, line {line}: there is no "{asked}"{guess}{there}'
