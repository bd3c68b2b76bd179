"""Show a composition: the data found, rows as they would be sent, the result: `found_lines`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.cli.views.check_report import problem_lines
from batchtui.cli.views.json_documents import dollars, estimate_document, known_document, problem_document
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line, sanitize_block
from batchtui.text.sentences.estimates import estimate_lines
from batchtui.text.sentences.known_requests import known_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.cli.views.json_documents import Document
    from batchtui.compose import RenderedRow
    from batchtui.services.compose.compose import Composed
    from batchtui.services.compose.composition import Composition
    from batchtui.services.submission.cache_priming import CacheSavings
    from batchtui.templates.request_builder import CacheablePrefix
    from batchtui.templates.store import TemplateEntry

LONGEST_SHOWN = 4000
"""Characters of one text in a preview."""


def found_lines(composition: Composition) -> Iterator[str]:
    """Yield the lines about the data: its kind, and how it is read."""
    table, template = composition.table, composition.template
    facts = "; ".join(f"{key}: {value}" for key, value in table.facts.items())
    yield f"{one_line(table.name)}: {table.kind} ({one_line(facts)})"
    # Forty names fill three lines; wider tables come from programs, and nobody reads them here.
    yield f"  columns: {one_line(', '.join(table.columns[:40]))}{' …' if len(table.columns) > 40 else ''}"
    for doubt in table.doubts:
        yield f"  {one_line(str(doubt))}"
    if template is not None:
        yield f"  template: {one_line(template.name)}, version {template.version}"


def composed_lines(composed: Composed) -> Iterator[str]:
    """Yield the lines about the requests that were made, their ids and caching."""
    models = ", ".join(f"{count(number)} × {one_line(model)}" for model, number in composed.report.models.items())
    yield f"{amount(composed.report.requests, 'request')} of {amount(composed.rows, 'row')}: {models or 'no model'}"
    if composed.left_out:
        yield f"  left out: {', '.join(f'{count(number)} {what}' for what, number in composed.left_out.items())}"
    if composed.changed:
        twice = f", {count(composed.repeated)} of them existed before" if composed.repeated else ""
        yield f"  {amount(composed.changed, 'id')} made legal and unique{twice}; results show the originals"
    if composed.made:
        yield f"  {amount(composed.made, 'id')} made from the row's number"
    if composed.prefix is not None and composed.prefix.bytes:
        yield f"  {_prefix(composed.prefix, composed.least_cached or 0)}"
    if composed.gain is not None:
        yield f"  {_gain(composed.gain)}"
    if composed.estimate is not None:
        yield from estimate_lines(composed.estimate)
    if composed.known is not None:
        yield from known_lines(composed.known, composed.estimate)


def preview_lines(rows: Sequence[RenderedRow]) -> Iterator[str]:
    """Yield the lines of a preview of rows."""
    for rendered in rows:
        place = f"{one_line(rendered.file)}, " if rendered.file else ""
        yield f"── {place}row {rendered.number} (line {rendered.line}): {one_line(rendered.custom_id)}"
        if system := rendered.params.get("system"):
            yield f"system: {_said(system)}"
        for message in rendered.params.get("messages", ()):
            yield f"{message['role']}: {_said(message['content'])}"
        others = {k: v for k, v in rendered.params.items() if k not in ("system", "messages")}
        if others:
            yield one_line(json.dumps(others, ensure_ascii=False))[:LONGEST_SHOWN]
        yield from problem_lines(rendered.problems)


def rendered_document(rendered: RenderedRow) -> Document:
    """Return the JSON document of one row as it would be sent."""
    return {
        "file": rendered.file,
        "row": rendered.number,
        "line": rendered.line,
        "request": {"custom_id": rendered.custom_id, "params": rendered.params} if rendered.params else None,
        "problems": [problem_document(problem) for problem in rendered.problems],
    }


def found_document(composition: Composition) -> Document:
    """Return the JSON document about the data."""
    table, template = composition.table, composition.template
    return {
        "table": {"name": table.name, "kind": table.kind, "columns": list(table.columns), **table.facts},
        "doubts": [doubt._asdict() for doubt in table.doubts],
        "template": template and {"name": template.name, "version": template.version},
    }


def composed_document(composition: Composition, composed: Composed, output: str | None) -> Document:
    """Return the JSON document of a composition."""
    report, prefix = composed.report, composed.prefix
    return {
        # Named only where it exists: with wrong rows nothing is written.
        "output": output if composed.is_written else None,
        "requests": report.requests,
        "rows": composed.rows,
        "left_out": dict(composed.left_out),
        "bytes": report.bytes,
        **found_document(composition),
        "ids": {
            "column": composed.id_column,
            "made": composed.made,
            "changed": composed.changed,
            "repeated": composed.repeated,
            "originals": str(composed.originals) if composed.originals else None,
        },
        "prefix": prefix
        and {
            "bytes": prefix.bytes,
            "tokens": prefix.tokens,
            "ends_in": prefix.ends_in,
            "marked": prefix.is_marked,
            "least_tokens": composed.least_cached,
        },
        "caching": composed.gain
        and {"saves_at_most": dollars(composed.gain.all_hit), "costs_at_most": dollars(composed.gain.none_hit)},
        "models": dict(report.models),
        "estimate": composed.estimate and estimate_document(composed.estimate),
        "known": composed.known and known_document(composed.known),
        "problems": [problem_document(problem) for problem in report.problems],
        "errors": report.errors,
        "warnings": report.warnings,
    }


def listed_document(listed: TemplateEntry) -> Document:
    """Return the JSON document of one template."""
    return {
        "name": listed.name,
        "version": listed.version,
        "description": listed.description,
        "own": listed.is_own,
        "fault": listed.fault or None,
    }


def _prefix(prefix: CacheablePrefix, least: int) -> str:
    """Return the line about the shared prefix, and whether it is cached."""
    said = f"all begin with the same {size(prefix.bytes)}, about {count(prefix.tokens)} tokens"
    if prefix.tokens < least:
        return f"{said}: too short to be cached (minimum {count(least)} tokens)"
    return f"{said}: cached for an hour" if prefix.is_marked else f"{said}: --cache caches it"


def _gain(gain: CacheSavings) -> str:
    """Return what caching saves at best and costs at worst, in words."""
    saved = f"saves up to {usd_fine(gain.all_hit)}" if gain.all_hit > 0 else "saves nothing with so few requests"
    extra = usd_fine(gain.none_hit)
    return f"caching it {saved} if all requests hit it, and costs {extra} more if none does (--prime helps)"


def _said(content: Any) -> str:
    """Return a text, or blocks with what is no text named."""
    if isinstance(content, str):
        return sanitize_block(content[:LONGEST_SHOWN])
    return "\n".join(_block(block) for block in content)


def _block(block: dict[str, Any]) -> str:
    mark = " [cached up to here]" if "cache_control" in block else ""
    if block["type"] == "text":
        return sanitize_block(block["text"][:LONGEST_SHOWN]) + mark
    source = block.get("source", {})
    return f"[{block['type']}: {source.get('media_type')}, {size(len(source.get('data', '')))}]{mark}"
