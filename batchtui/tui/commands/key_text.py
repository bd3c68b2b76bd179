"""`text_with_keys` writes sentences that name keys: always those that the person has, read from the keymap."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, cast

from batchtui.tui.commands.keymap import display_key
from batchtui.tui.commands.table import BY_ID
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from batchtui.tui.commands.keymap import Keymap

_NAMED = re.compile(r"\{([a-z.-]+)(?:\|([a-z]+))?\}|`([^`]+)`")


class HasKeys(Protocol):
    """An app that has a keymap."""

    keymap: Keymap


def with_keys(text: str, keymap: Keymap, tone: Tone, *, plain: bool, named: Tone = Tone.STRONG) -> Line:
    """Return a text in which commands in braces are replaced by their keys, and names in backticks stand out.

    `{batch.retry}` is the first key of that command; `{dialog.no|esc}` is esc where that is one of its keys.
    """
    pieces: list[Span] = []
    end = 0
    for found in _NAMED.finditer(text):
        command, wished, name = found.groups()
        # A text may name something from outside that looks like a command; it stays as it is.
        if not name and command not in BY_ID:
            continue
        pieces.append(Span(text[end : found.start()], tone))
        pieces.append(Span(name or key_of(command, keymap, plain=plain, wished=wished), named))
        end = found.end()
    return tuple(piece for piece in (*pieces, Span(text[end:], tone)) if piece.text)


def key_of(command_id: str, keymap: Keymap, *, plain: bool, wished: str | None = None) -> str:
    """Return the first key of a command as the footer shows it, or `wished`; its title where it has no key."""
    keys = keymap.get(command_id, ())
    if not keys:
        return BY_ID[command_id].title
    return display_key(wished if wished in keys else keys[0], plain=plain)


def keymap_of(node: DOMNode) -> Keymap:
    """Return the keys of the app that a widget belongs to."""
    return cast("HasKeys", node.app).keymap


def text_with_keys(node: DOMNode, text: str, tone: Tone = Tone.DIM, named: Tone = Tone.ACCENT) -> Line:
    """Return a text with the keys of the app that a widget belongs to; see `with_keys`."""
    return with_keys(text, keymap_of(node), tone, plain=painter_of(node).plain, named=named)


def text_naming_keys(app: HasKeys, text: str) -> str:
    """Return a sentence with its commands in braces replaced by their keys, for what is said in plain text."""
    return "".join(piece.text for piece in with_keys(text, app.keymap, Tone.TEXT, plain=False))


def empty_state(node: DOMNode, title: str, *ways: str) -> tuple[Line, ...]:
    """Return the lines of an empty list: why it is empty, and below that what to do, with the keys."""
    return ((Span(title, Tone.STRONG),), (), *(text_with_keys(node, way) for way in ways))
