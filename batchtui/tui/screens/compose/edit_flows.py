"""Change one part of a draft: each asks for its value and returns another draft, None where nothing is to change."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.model import lifecycle_on
from batchtui.services.compose.draft import Draft, template_of, with_template
from batchtui.services.compose.example import without_example
from batchtui.services.compose.template_choice import saved_template, templates
from batchtui.services.models import known_models, list_models
from batchtui.templates import InvalidTemplate, parse_template, template_text
from batchtui.text.numbers import count
from batchtui.text.safe import one_line
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.file_picker import FilePicker
from batchtui.tui.dialogs.name_picker import Name, NamePicker
from batchtui.tui.dialogs.text_prompt import TextPrompt, parse_tokens, token_complaint

if TYPE_CHECKING:
    from datetime import date

    from batchtui.domain.model import ModelInfo
    from batchtui.services.compose.draft_preview import OpenedDraft
    from batchtui.services.models import ModelList
    from batchtui.services.workspace import Workspace
    from batchtui.tui.dialogs.text_prompt import Place
    from batchtui.tui.host import Host

Rewriting = Coroutine[Any, Any, "Draft | None"]
"""A dialog that ends in another draft, or in None."""
TABLES = (
    ".csv", ".tsv", ".tab", ".psv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls", ".ods", ".gz",
    ".txt", ".md", ".log", ".pdf",
    ".png", ".jpg", ".jpeg", ".gif", ".webp",
)  # fmt: skip
"""Suffixes of files that are offered as data; others can be typed."""
FIRST = (".csv", ".tsv", ".tab", ".psv", ".parquet", ".xlsx", ".xls", ".ods")
"""What is surely a table: JSON lines often are requests already."""
A_MOMENT = 2.0
"""Seconds that a person waits for the list of models."""
MADE = "(made)"
"""Stands for custom_ids that come from no column."""


async def edit_part(app: Host, opened: OpenedDraft, part: str, over: Place) -> Draft | None:
    """Ask for one part of a draft, and return the changed draft; a line is typed `over` its field."""
    match part:
        case "data":
            return await _data(app, opened.draft)
        case "template":
            return await _template(app, opened.draft)
        case "model":
            return await _model(app, opened.draft)
        case "max_tokens":
            return await _max_tokens(app, opened, over)
        case "ids":
            return await _ids(app, opened)
    return None


async def edit_query(app: Host, opened: OpenedDraft) -> Draft | None:
    """Ask for a SELECT over files in place of a table."""
    before = opened.draft.data if opened.draft.is_query else ""
    asked = TextPrompt(
        "A SELECT over files", before, check=_query, placeholder="select id, text from 'tickets.parquet'"
    )
    typed = await app.push_screen(asked, wait_for_dismiss=True)
    return replace(without_example(opened.draft), data=typed, id="") if typed else None


async def read_otherwise(app: Host, opened: OpenedDraft) -> Draft | None:
    """Ask how a table of text is written, where the detection is wrong."""
    title = "Encoding, delimiter, header; empty to detect them"
    hint = "cp1252 ; no-header skip=3"
    asked = TextPrompt(title, opened.draft.read_as, placeholder=hint)
    typed = await app.push_screen(asked, wait_for_dismiss=True)
    return None if typed is None else replace(opened.draft, read_as=typed)


async def new_draft(app: Host) -> Draft | None:
    """Ask whether the draft may be dropped, and return an empty one."""
    question = Question("Begin an empty draft?", (Group("Discarded", ("Saved templates stay.",)),), yes="begin")
    return Draft() if await app.ask(question) else None


def template_of_draft(draft: Draft) -> str:
    """Return the template of a draft as the text of its file, with header and further turns."""
    try:
        template = template_of(draft)
    except BatchtuiError:  # half typed: what is there is still worth editing
        return draft.prompt or draft.base
    return template_text(template) if template else draft.prompt


def from_whole(draft: Draft, text: str) -> Draft:
    """Return the draft of a template text; a faulty text is kept as it is, and the draft complains about it."""
    try:
        return with_template(replace(draft, id=""), parse_template(draft.name, text))
    except InvalidTemplate:
        # Kept as it is, so that a typing error does not lose the text.
        return replace(draft, base=text, prompt="")


async def _data(app: Host, draft: Draft) -> Draft | None:
    path = await app.push_screen(
        FilePicker(Path.cwd(), TABLES, "a table, or a folder of documents", first=FIRST), wait_for_dismiss=True
    )
    return replace(without_example(draft), data=str(path), id="") if path is not None else None


async def _template(app: Host, draft: Draft) -> Draft | None:
    listed = await templates(app.workspace)
    names = [
        Name(
            each.name,
            each.fault or f"{'yours' if each.is_own else 'built in'}, version {each.version}  {each.description}",
        )
        for each in listed
    ]
    chosen = await app.push_screen(NamePicker(names, "a template, or a file", others=True), wait_for_dismiss=True)
    if chosen is None:
        return None
    return with_template(draft, await asyncio.to_thread(saved_template, chosen, app.workspace.paths.templates))


async def _model(app: Host, draft: Draft) -> Draft | None:
    found = await _models(app.workspace)
    tiers = app.workspace.settings.tiers()
    today = app.workspace.clock.now().date()
    names = [Name(tier, f"now {model}") for tier, model in tiers.items()]
    names += [Name(model.id, _about(model, today)) for model in found.models.values()]
    where = "as the API lists them" if found.heard_at else "from the built-in list"
    # Tiers come first, since they stay right when models are replaced.
    chosen = await app.push_screen(NamePicker(names, f"a model, {where}", others=True), wait_for_dismiss=True)
    return replace(draft, model=chosen) if chosen else None


async def _models(workspace: Workspace) -> ModelList:
    """Return the models that the API lists; those that are known already where it does not answer in time."""
    # The list is a convenience: the dialog opens in any case.
    with suppress(TimeoutError):
        async with asyncio.timeout(A_MOMENT):
            return await list_models(workspace)
    return await known_models(workspace)


def _about(model: ModelInfo, today: date) -> str:
    said = [f"writes {count(model.max_tokens)}"] if model.max_tokens else []
    said += [f"reads {count(model.max_input_tokens)}"] if model.max_input_tokens else []
    said += ["not in batches"] if model.batches is False else []
    life = lifecycle_on(model, today)
    said += [f"retires {model.retires_at:%d %b %Y}"] if model.retires_at and life != "retired" else []
    said += [life] if life != "active" else []
    return one_line(", ".join(said))


async def _max_tokens(app: Host, opened: OpenedDraft, over: Place) -> Draft | None:
    text = str(opened.draft.max_tokens or "")
    title = "How many tokens an answer may have; empty for 4,096"
    asked = TextPrompt(title, text, check=token_complaint, over=over)
    typed = await app.push_screen(asked, wait_for_dismiss=True)
    return None if typed is None else replace(opened.draft, max_tokens=parse_tokens(typed))


async def _ids(app: Host, opened: OpenedDraft) -> Draft | None:
    names = [Name(MADE, "from the row's number"), *(Name(column) for column in opened.columns)]
    chosen = await app.push_screen(NamePicker(names, "the column with the ids"), wait_for_dismiss=True)
    return None if chosen is None else replace(opened.draft, id="" if chosen == MADE else chosen)


def _query(text: str) -> str:
    return "" if Draft(data=text).is_query else "a SELECT: select … from 'file.parquet' where …"
