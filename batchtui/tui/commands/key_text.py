"""Sentences that name keys: always those that are heard at this moment, whatever a person has made of them."""

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
    """An app that knows what its keys are."""

    keymap: Keymap


def with_keys(text: str, keymap: Keymap, tone: Tone, *, plain: bool, named: Tone = Tone.STRONG) -> Line:
    """Return a text in which commands in braces stand with their keys, and names in backticks stand out.

    `{batch.retry}` is the first key of that command; `{dialog.no|esc}` is esc, as long as that is one of its keys.
    """
    pieces: list[Span] = []
    end = 0
    for found in _NAMED.finditer(text):
        command, wished, name = found.groups()
        pieces.append(Span(text[end : found.start()], tone))
        pieces.append(Span(name or key_of(command, keymap, plain=plain, wished=wished), named))
        end = found.end()
    return tuple(piece for piece in (*pieces, Span(text[end:], tone)) if piece.text)


def key_of(command_id: str, keymap: Keymap, *, plain: bool, wished: str | None = None) -> str:
    """Return the key of a command as the footer shows it; its title where it has no key any more."""
    keys = keymap.get(command_id, ())
    if not keys:
        return BY_ID[command_id].title
    return display_key(wished if wished in keys else keys[0], plain=plain)


def text_with_keys(node: DOMNode, text: str, tone: Tone = Tone.DIM, named: Tone = Tone.ACCENT) -> Line:
    """Return a text with the keys that the app of this widget hears, as `with_keys` writes it."""
    keymap = cast("HasKeys", node.app).keymap
    return with_keys(text, keymap, tone, plain=painter_of(node).plain, named=named)


def empty_state(node: DOMNode, title: str, *ways: str) -> tuple[Line, ...]:
    """Return what stands in an empty list: what is the matter, and below it what can be done, with the keys."""
    return ((Span(title, Tone.STRONG),), (), *(text_with_keys(node, way) for way in ways))
