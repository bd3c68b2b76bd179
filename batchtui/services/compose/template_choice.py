"""Find the template that the options name, apply what they change, save it and list templates: `choose_template`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, UsageError
from batchtui.settings.user_paths import is_file
from batchtui.templates import InvalidTemplate, Template, TemplateText, find_template, list_templates
from batchtui.templates import store as template_store
from batchtui.templates.store import is_name, read_template

if TYPE_CHECKING:
    from batchtui.services.compose.options import ComposeOptions
    from batchtui.services.workspace import Workspace
    from batchtui.templates.store import TemplateEntry


def choose_template(folder: Path, options: ComposeOptions) -> Template | None:
    """Return the template that the options name, with what they change; None where they name none.

    Raises:
        UsageError: there is no such template, or an option changes what there is not.
        InputError: it is not written as it should be.
    """
    if options.template is None:
        if options.system or options.schema or options.fields:
            raise UsageError("Pass --template.", hint="--system, --schema and --field need a template.")
        return None
    chosen = options.template
    template = chosen if isinstance(chosen, Template) else saved_template(chosen, folder)
    try:
        if options.system is not None:
            template = replace(
                template, system=TemplateText(options.system, "system") if options.system.strip() else None
            )
    except InvalidTemplate as fault:
        raise wrong_template(fault) from None
    return replace(template, **_structure(template, options))


def saved_template(named: str, folder: Path) -> Template:
    """Return a template by name or by file.

    Raises:
        UsageError: there is none.
        InputError: it is not written as it should be.
    """
    path = Path(named)
    try:
        # Saved ones first, so that a file of the same name in the current folder changes nothing.
        found = find_template(named, folder)
        if found is None and is_file(path):
            found = read_template(path)
    except InvalidTemplate as fault:
        raise wrong_template(fault) from None
    if found is None:
        raise _no_template(named, folder)
    return found


async def save_template(workspace: Workspace, options: ComposeOptions, name: str) -> Template:
    """Save the template that the options name, with all that they say about it, as the next version of that name.

    Raises:
        UsageError: the name is none, or there is no template to save.
        InputError: the template is wrong.
    """
    return await asyncio.to_thread(_save, workspace.paths.templates, options, name)


async def templates(workspace: Workspace) -> list[TemplateEntry]:
    """Return every template that can be named, the user's first."""
    return await asyncio.to_thread(list_templates, workspace.paths.templates)


def _save(folder: Path, options: ComposeOptions, name: str) -> Template:
    template = choose_template(folder, options)
    if template is None:
        raise UsageError(
            "There is no template to save.", hint="Pass --template with the one to save under another name."
        )
    chosen = {key: getattr(options, key) for key in ("model", "max_tokens", "id", "cache")}
    changes: dict[str, Any] = {key: value for key, value in chosen.items() if value is not None}
    try:
        return template_store.save_template(replace(template, name=name, **changes), folder)
    except InvalidTemplate as fault:
        raise UsageError(f"{str(fault)[:1].upper()}{str(fault)[1:]}.") from None


def _structure(template: Template, options: ComposeOptions) -> dict[str, Any]:
    """Return what the options say about the form of the answers."""
    from batchtui.compose.answer_schema import read_schema, refuse_bad_schema, schema_of_fields

    if options.schema and options.fields:
        raise UsageError("The answers have two schemas.", hint="Pass either --schema or --field.")
    if options.fields:
        return {"schema": schema_of_fields(options.fields)}
    if options.schema:
        schema, tool = read_schema(Path(options.schema))
        return {"schema": schema} if schema is not None else {"tools": (*template.tools, tool)}
    if template.schema is not None:
        refuse_bad_schema(template.schema, f'The schema of the template "{template.name}"')
    return {}


def _no_template(named: str, folder: Path) -> UsageError:
    names = [listed.name for listed in list_templates(folder)]
    close = get_close_matches(named, names, n=1)
    guess = f' Did you mean "{close[0]}"?' if close else ""
    what = "template" if is_name(named.partition("@")[0]) else "file"
    return UsageError(f'There is no {what} "{named}".{guess}', hint=f"Saved are {', '.join(names)}.")


def wrong_template(fault: InvalidTemplate) -> InputError:
    """Return the InputError for an invalid template."""
    said = str(fault)
    return InputError(f"{said[:1].upper()}{said[1:].rstrip('.')}.", title="Template error")
