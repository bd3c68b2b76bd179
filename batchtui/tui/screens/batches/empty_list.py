"""What the list of batches says while it is empty: whether a key is set, where it leads, and what to press."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.safe import one_line
from batchtui.tui.commands.key_text import empty_state
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.dom import DOMNode

    from batchtui.services.workspace import Workspace

WAYS = (
    "{batches.submit}  submits a file of requests",
    "{batches.compose}  makes requests from a table; it starts with an example",
    "{batches.sync}  imports batches that were created elsewhere",
    "{app.help}  shows the keys",
    "",
    "`batchtui demo` shows all of it on a simulator, without a key",
)
"""What an empty dashboard says below its title and the credentials."""


def newcomer_lines(node: DOMNode, workspace: Workspace) -> tuple[Line, ...]:
    """Return the lines of a dashboard without batches."""
    title, *lines = empty_state(node, "No batches yet", *WAYS)
    return (title, (), *credential_lines(node, workspace), *lines)


def credential_lines(node: DOMNode, workspace: Workspace) -> Iterator[Line]:
    """Yield whether a key is set, and where it leads: what a newcomer needs to know before anything is sent."""
    from batchtui.gateway.credentials import find_credentials

    found = find_credentials(workspace.profile, base_url=workspace.base_url)
    if found.found:
        yield (Span("+ " if painter_of(node).plain else "✓ ", Tone.GOOD), Span(one_line(found.source)))
    else:
        yield (Span("! ", Tone.WARN), Span("No API key found", Tone.STRONG))
        yield (Span("  Set ANTHROPIC_API_KEY and start again, or log in: ", Tone.DIM), Span("ant auth login"))
    place = one_line(workspace.workspace_id or "the workspace is known after the first call")
    yield (Span(f"  {one_line(found.destination)} · {place}", Tone.DIM),)
