"""`draft_rows` returns the parts of a draft as the fields of a form: data, template, prompt, model and so on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from batchtui.services.compose.example import is_example
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone, fit
from batchtui.tui.widgets.form import OPEN_BOX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.compose import Table
    from batchtui.compose.tables.base import Doubt
    from batchtui.services.compose.compose import Composed
    from batchtui.services.compose.draft_preview import OpenedDraft
    from batchtui.services.submission.cache_priming import CacheSavings
    from batchtui.templates.request_builder import CacheablePrefix

COLUMNS = (Column("title", "PART", 10, 10, 100, fixed=True), Column("value", "", 20, 200, 95, fixed=True))
DOUBT = "doubt-"
"""Begins the id of a row about something that was guessed of the table."""
BOX, NARROW_BOX = 24, 22
"""Columns of a field that is no long text: beside it stands what there is to say about it."""
NARROW = 56
"""Columns of the form below which a field is the narrow one."""
LONGEST = 300
"""Characters of a text that its row shows."""


class PartKind(StrEnum):
    """How a part is filled in."""

    LIST = "list"
    """From a list that enter opens."""
    LINE = "line"
    TEXT = "text"
    """In the editor below the form."""
    SWITCH = "switch"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One part of a draft and its value as it is shown."""

    id: str
    value: Line
    """The value, and after it what there is to say about it."""
    kind: PartKind
    is_on: bool = False
    """Whether a switch is on."""


def draft_rows(opened: OpenedDraft, composed: Composed | None) -> Iterator[DraftRow]:
    """Yield the parts of a draft in the order of work; `composed` adds what only a look at all rows tells."""
    draft = opened.draft
    yield DraftRow("data", _data(opened), PartKind.LIST)
    # What was guessed of the table: a wrong guess costs every request.
    for at, doubt in enumerate(opened.rows.table.doubts if opened.rows is not None else (), 1):
        words = (Span("? ", Tone.WARN), Span(doubt_words(doubt), Tone.WARN))
        yield DraftRow(f"{DOUBT}{at}", words, PartKind.DOUBT)
    name = draft.name if draft.base or draft.name != "draft" else ""
    yield DraftRow("template", _said(name, "choose one, or write"), PartKind.LIST)
    asked = _said(draft.prompt, "the question for each row; {{ column }} inserts a cell")
    yield DraftRow("prompt", asked, PartKind.TEXT)
    yield DraftRow("system", _said(draft.system, "none"), PartKind.TEXT)
    yield DraftRow("model", _model(opened), PartKind.LIST)
    tokens = _said(count(draft.max_tokens) if draft.max_tokens else "", "4,096 by default")
    yield DraftRow("max_tokens", tokens, PartKind.LINE)
    yield DraftRow("ids", _ids(opened, composed), PartKind.LIST)
    yield DraftRow("answers", _answers(opened), PartKind.TEXT)
    yield DraftRow("caching", _caching(opened, composed), PartKind.SWITCH, is_on=draft.cache)
    yield DraftRow("priming", _priming(opened, composed), PartKind.SWITCH, is_on=draft.prime)
    wrong = _said("are skipped" if draft.skip_wrong else "", "stop everything")
    yield DraftRow("bad rows", wrong, PartKind.SWITCH, is_on=draft.skip_wrong)


def paint(item: DraftRow, column: Column, width: int, *, plain: bool) -> Line:
    """Return one cell: the name of a part, or its value as a field that shows how it is filled in."""
    if column.id == "title":
        return (Span("check" if item.kind is PartKind.DOUBT else item.id, Tone.DIM),)
    if item.kind is PartKind.DOUBT:
        return item.value
    if item.kind is PartKind.SWITCH:
        return (Span("[x] " if item.is_on else "[ ] ", Tone.ACCENT if item.is_on else Tone.DIM), *item.value)
    opens = f" {'v' if plain else '▾'} ]" if item.kind is PartKind.LIST else " ]"
    # A long text has the whole width; beside other fields stands what there is to say about them.
    split = len(item.value) if item.kind is PartKind.TEXT else 1
    value, about = item.value[:split], item.value[split:]
    room = max(1, box_room(item.kind, width) - len(opens) + len(" ]"))
    return (Span(OPEN_BOX, Tone.DIM), *fit(value, room), Span(opens, Tone.DIM), *about)


def box_room(kind: PartKind, columns: int) -> int:
    """Return how many columns of a value there are between the brackets of its field, one in which is typed."""
    room = columns - 2 * len(OPEN_BOX)
    return max(1, room if kind is PartKind.TEXT else min(BOX if columns >= NARROW else NARROW_BOX, room))


def _said(text: str, otherwise: str) -> Line:
    text = one_line(text[:LONGEST])
    return (Span(text, Tone.STRONG),) if text else (Span(otherwise, Tone.PALE),)


def _data(opened: OpenedDraft) -> Line:
    draft = opened.draft
    if opened.rows is None:
        return _said(draft.data, "choose a table, or a folder")
    table = opened.rows.table
    name = draft.data if draft.is_query else PurePath(draft.data).name
    about = "an example; enter chooses your table" if is_example(draft) else table.kind
    return (Span(one_line(name[:LONGEST]), Tone.STRONG), Span(f"  {about}", Tone.DIM))


def doubt_words(doubt: Doubt) -> str:
    """Return what was guessed of a table and why; the command line names an option, here enter asks how it is read."""
    return one_line(f"{doubt.about}: {doubt.found}, because {doubt.because}")


def table_words(table: Table) -> str:
    """Return how a table is written, as that was found out: encoding, delimiter, header."""
    facts = [f"{key}: {value}" if key in ("header", "named twice") else value for key, value in table.facts.items()]
    return one_line(", ".join([amount(len(table.columns), "column"), *facts]))


def _model(opened: OpenedDraft) -> Line:
    named = opened.draft.model or "capable"
    model = opened.fitting.model if opened.fitting else None
    # A request table may name a model in each row.
    if opened.fitting and model is None and not opened.draft.model:
        return (Span("what each task says", Tone.FAINT),)
    first = Span(one_line(named), Tone.STRONG if opened.draft.model else Tone.PALE)
    return (first, Span(f"  {one_line(model)}", Tone.DIM)) if model and model != named else (first,)


def _ids(opened: OpenedDraft, composed: Composed | None) -> Line:
    column = opened.fitting.id_column if opened.fitting else opened.draft.id
    said = [f"{count(composed.changed)} made legal and unique"] if composed and composed.changed else []
    said += [f"{count(composed.made)} made from the row's number"] if composed and composed.made and column else []
    about = (Span(f"  {'; '.join(said)}", Tone.DIM),) if said else ()
    return (*_said(f"from {column}" if column else "", "made from the row's number"), *about)


def _answers(opened: OpenedDraft) -> Line:
    draft, composition = opened.draft, opened.composition
    template = composition.template if composition else None
    if template is None or not draft.answers.strip():
        return _said(draft.answers, "free text; or fields, one per line")
    # An answer that is asked for as a tool call has its schema there.
    tools = [tool for tool in template.tools if isinstance(tool.get("input_schema"), dict)]
    form: Mapping[str, Any] | None = template.schema or (tools[-1]["input_schema"] if tools else None)
    properties = form.get("properties") if form else None
    names = ", ".join(map(str, properties)) if isinstance(properties, dict) else "a schema"
    kind = "JSON" if template.schema is not None else f"tool {tools[-1].get('name', '')}"
    return (Span(f"{one_line(kind)}  ", Tone.DIM), Span(one_line(names[:LONGEST]), Tone.STRONG))


def _caching(opened: OpenedDraft, composed: Composed | None) -> Line:
    word = "yes, for an hour" if opened.draft.cache else "no"
    prefix = opened.fitting.prefix if opened.fitting else None
    tone = Tone.STRONG if opened.draft.cache else Tone.PALE
    if prefix is None:
        return (Span(word, tone),)
    # Below the minimum of its model the API ignores cache_control silently (prompt caching).
    least = _least(opened)
    is_worth_it = prefix.tokens >= least and not opened.draft.cache
    return (Span(word, tone), Span(f"  {prefix_words(prefix, least)}", Tone.WARN if is_worth_it else Tone.DIM))


def _least(opened: OpenedDraft) -> int:
    from batchtui.compose.prompt_caching import min_cacheable_tokens

    model = opened.fitting.model if opened.fitting else None
    return min_cacheable_tokens(model) if model else 0


def prefix_words(prefix: CacheablePrefix, least: int) -> str:
    """Return what all requests begin with, and whether that is long enough to be cached."""
    if not prefix.bytes:
        return "the requests have no common beginning"
    if prefix.tokens < least:
        return f"too short: about {count(prefix.tokens)} tokens in common, {count(least)} are needed"
    return f"about {count(prefix.tokens)} tokens in common, up to {one_line(prefix.ends_in)}"


def _priming(opened: OpenedDraft, composed: Composed | None) -> Line:
    word = "one request goes first" if opened.draft.prime else "no"
    tone = Tone.STRONG if opened.draft.prime else Tone.PALE
    gain = composed.gain if composed else None
    return (Span(word, tone), Span(f"  {gain_words(gain)}", Tone.DIM)) if gain else (Span(word, tone),)


def gain_words(gain: CacheSavings) -> str:
    """Return what priming the cache is worth: the best case and the worst."""
    if gain.all_hit <= 0:
        return "caching saves nothing with so few requests"
    return f"saves {usd_fine(gain.all_hit)} if all hit the cache; costs {usd_fine(gain.none_hit)} if none does"
