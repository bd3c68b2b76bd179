"""The options of composing, from the command line or the form: `ComposeOptions`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

    from batchtui.domain.results.result import Outcome
    from batchtui.templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeOptions:
    """The options of compose, from the command line or the form."""

    template: str | Template | None = None
    """A saved one's name (or NAME@VERSION), a file, or a template as it stands in a form. None for task files."""
    data: str | None = None
    """A file, a folder, a pattern such as `data/*.csv`, `-`, or saved results: `results:NAME`."""
    more_data: tuple[str, ...] = ()
    """Further files, whose rows follow."""
    only: frozenset[Outcome] = frozenset()
    """Of results (`results:NAME`), only those with these outcomes; empty for all."""
    group_by: str | None = None
    """The column whose values make groups: one request each, with `{{ rows }}`."""
    group_tokens: int | None = None
    """About how many tokens the rows of one group may have; None for the default."""
    sql: str | None = None
    """A SELECT over files, instead of data."""
    id: str | None = None
    """The column that custom_ids are made from."""
    model: str | None = None
    """A tier, or a model's id."""
    max_tokens: int | None = None
    system: str | None = None
    """Goes before the template's; may have gaps."""
    schema: str | None = None
    """A file with a JSON schema for the answers, or with a tool that has one."""
    fields: tuple[str, ...] = ()
    """Or the fields of the answers: `name:string`."""
    cache: bool | None = None
    """Whether the prefix that all requests share is marked to be cached; None leaves it to the template."""
    limit: int | None = None
    """Rows at most."""
    skip_wrong: bool = False
    """Whether wrong rows are left out, instead of stopping everything."""
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    skip: int | None = None
    """Lines above the table; None to find out."""
    comment: str | None = None
    """What lines that are left out begin with."""
    sheet: str | None = None
    """Of a spreadsheet, by name or number."""
    api_version: str | None = None
    betas: tuple[str, ...] = ()
    allowed_models: tuple[str, ...] = ()
    stdin: BinaryIO | None = field(default=None, compare=False)
