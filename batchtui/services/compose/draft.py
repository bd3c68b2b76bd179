"""Keep what a person has entered so far about requests to be composed: `Draft`, `keep`, `kept`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError
from batchtui.services.compose.options import ComposeOptions
from batchtui.services.compose.template_choice import wrong_template
from batchtui.services.tables.result_source import is_results
from batchtui.settings.user_paths import path_of
from batchtui.templates import InvalidTemplate, Template, TemplateText, Turn, parse_template, template_text

if TYPE_CHECKING:
    from batchtui.compose import TableOptions
    from batchtui.services.workspace import Workspace

REMEMBERED = "compose"
"""The fact under which the registry keeps the draft."""
TEXTS = ("prompt", "system", "answers")
"""The fields of a draft that are written, over several lines."""
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""Delimiters by the words for them."""
TOOL = {"name": "answer", "description": "Answer in this form."}
"""The tool that fields become; its input is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A template in its parts, the data, and how the requests are to go out. Its texts may be half typed."""

    data: str = ""
    """A file, a folder, a SELECT over files, or saved results: `results:NAME`."""
    read_as: str = ""
    """How a table of text is written, where it is not to be detected: see `table_options_of`."""
    name: str = "draft"
    """Of the template that it began from."""
    base: str = ""
    """That template's text: what the parts below do not say is taken from it."""
    prompt: str = ""
    system: str = ""
    answers: str = ""
    """The answer schema: fields, one per line, or a JSON schema, or a tool with one, or the name of such a file."""
    as_tool: bool = False
    """Whether fields or a schema become the input of a tool."""
    model: str = ""
    """A tier, or a model's id; empty leaves it to the settings."""
    max_tokens: int | None = None
    id: str = ""
    """The column that custom_ids are made from; empty where they are made."""
    cache: bool = False
    """Whether the prefix that all requests share is marked to be cached."""
    prime: bool = False
    """Whether one request goes first and fills the cache."""
    skip_wrong: bool = False
    """Whether wrong rows are left out."""

    @property
    def is_query(self) -> bool:
        """Whether the data is a SELECT."""
        return self.data.lstrip().lower().startswith(("select ", "select\n", "with ", "from "))

    def text(self, part: str) -> str:
        """Return one of the `TEXTS`."""
        return str(getattr(self, part))

    def with_text(self, part: str, text: str) -> Draft:
        """Return a draft in which one of the `TEXTS` says something else."""
        changed: dict[str, Any] = {part: text}
        return replace(self, **changed)


def template_of(draft: Draft) -> Template | None:
    """Return the template that a draft describes; None where the draft has no prompt.

    Raises:
        InputError: the template is invalid; the message says where.
    """
    if not (draft.prompt.strip() or draft.base):
        return None
    try:
        base = _parsed(draft.name, draft.base)
        template = replace(
            base,
            turns=_turns(base, draft.prompt),
            system=TemplateText(draft.system, "system") if draft.system.strip() else None,
            model=draft.model or None,
            max_tokens=draft.max_tokens,
            id=draft.id or None,
            cache=draft.cache,
        )
    except InvalidTemplate as fault:
        raise wrong_template(fault) from None
    return replace(template, **_structure(draft, template))


def options_of(draft: Draft) -> ComposeOptions:
    """Return a draft as `open_composition` takes it.

    Raises:
        InputError: as `template_of`.
    """
    data = draft.data.strip()
    reading = table_options_of(draft.read_as)
    return ComposeOptions(
        id=draft.id or None,
        model=draft.model or None,
        max_tokens=draft.max_tokens,
        cache=draft.cache or None,
        encoding=reading.encoding,
        delimiter=reading.delimiter,
        header=reading.header,
        skip=reading.skip,
        comment=reading.comment,
        sheet=reading.sheet,
        template=template_of(draft),
        data=None if draft.is_query or not data else data if is_results(data) else str(path_of(data)),
        sql=data if draft.is_query else None,
        skip_wrong=draft.skip_wrong,
    )


def table_options_of(words: str) -> TableOptions:
    """Return what a person says about how a table is written: an encoding, a delimiter, `header` or `no-header`.

    Further `skip=3`, `comment=#` and `sheet=NAME`. In any order, with spaces between them; what is not said is found
    out. Whether there is such an encoding shows when the table is opened.
    """
    from batchtui.compose import TableOptions

    said: dict[str, Any] = {}
    for typed in words.split():
        word, (key, _, value) = typed.lower(), typed.partition("=")
        if word in ("header", "no-header"):
            said["header"] = word == "header"
        elif key.lower() == "skip" and value.isdecimal():
            said["skip"] = int(value)
        elif key.lower() in ("comment", "sheet") and value:
            said[key.lower()] = value
        elif len(word) == 1 or word in DELIMITERS:
            said["delimiter"] = DELIMITERS.get(word, word)
        else:
            said["encoding"] = word
    return TableOptions(**said)


def with_template(draft: Draft, template: Template) -> Draft:
    """Return a draft with the parts of a template. The data stays, and the id column unless the template names one."""
    prompts = [turn.text.source for turn in template.turns if turn.text.place == "prompt"]
    tools = [tool for tool in template.tools if tool.get("name") == TOOL["name"]]
    form = template.schema or (tools[0]["input_schema"] if tools else None)
    rest = replace(template, schema=None, tools=tuple(tool for tool in template.tools if tool not in tools))
    return replace(
        draft,
        name=template.name,
        base=template_text(rest),
        prompt=prompts[-1].strip("\n") if prompts else "",
        system=template.system.source.strip("\n") if template.system else "",
        answers=json.dumps(form, ensure_ascii=False, indent=2) if form else "",
        as_tool=bool(tools),
        model=template.model or "",
        max_tokens=template.max_tokens,
        id=template.id or draft.id,
        cache=template.cache,
    )


async def keep(workspace: Workspace, draft: Draft) -> None:
    """Keep a draft, in place of the one before."""
    await workspace.registry.values.put(REMEMBERED, asdict(draft))


async def kept(workspace: Workspace) -> Draft | None:
    """Return the draft as it was left, whatever ended the program; None where there never was one."""
    found = await workspace.registry.values.get(REMEMBERED)
    return _read(found[0]) if found is not None and isinstance(found[0], dict) else None


def _read(said: dict[str, Any]) -> Draft:
    """Return the saved draft; unknown or invalid values fall back to the defaults."""
    blank = Draft()
    fitting = {
        field.name: said[field.name]
        for field in fields(Draft)
        # By type only: whether the values make sense is shown where they are edited.
        if field.name in said and isinstance(said[field.name], type(getattr(blank, field.name)))
    }
    # By itself: its default is None, whose type fits no number.
    tokens = said.get("max_tokens")
    return Draft(**{**fitting, "max_tokens": tokens if type(tokens) is int and tokens > 0 else None})


@lru_cache(maxsize=8)
def _parsed(name: str, text: str) -> Template:
    return parse_template(name, text)


def _turns(base: Template, prompt: str) -> tuple[Turn, ...]:
    """Put the prompt in the place of the template's own: behind other turns, before what the answer begins with."""
    places = ("prompt", "prefill")
    # A template may begin with example turns; the prompt that is edited is the last one of the user.
    others = [turn for turn in base.turns if turn.text.place not in places]
    prefill = [turn for turn in base.turns if turn.text.place == "prefill"]
    asked = [Turn("user", TemplateText(prompt))] if prompt.strip() or not others else []
    return (*others, *asked, *prefill)


def _structure(draft: Draft, template: Template) -> dict[str, Any]:
    """Return the draft's answer schema or tool, as fields of a template."""
    from batchtui.compose.answer_schema import read_schema, schema_of_fields, schema_or_tool

    said = draft.answers.strip()
    if not said:
        return {"schema": None}
    schema: dict[str, Any] | None
    tool: dict[str, Any] | None = None
    if said.startswith("{"):
        schema, tool = schema_or_tool(_json(said), "The answer schema")
    # Field lines are typed one below the other; a single word with this ending is a file.
    elif said.endswith(".json") and "\n" not in said:
        schema, tool = read_schema(path_of(said))
    else:
        schema = schema_of_fields([line for line in said.splitlines() if line.strip()])
    if tool is None and draft.as_tool:
        tool = {**TOOL, "input_schema": schema}
    return {"schema": schema} if tool is None else {"schema": None, "tools": (*template.tools, tool)}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The schema of the answers is not valid JSON yet: {error}.", hint="One field per line is simpler."
        ) from None
