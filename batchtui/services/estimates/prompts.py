"""How long prompts are, in tokens, as far as their bytes tell: at least, likely, at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.intake import Shape
    from batchtui.services.estimates.request_groups import Load

ENVELOPE = 130
"""Bytes of a request that are JSON around the prompt: custom_id, model, roles."""
BYTES_A_TOKEN = (5.0, 3.5, 2.0)
"""Bytes of JSON for one token of prompt: at least, likely, at most. Recorded requests without tools lie in between."""
TOOLS = (250, 500, 900)
"""Tokens that tools add beyond their own text, of which the API tells the model more than the request holds."""
STRUCTURE = (0, 180, 450)
"""Tokens that a schema for the answer adds beyond its own text."""
IMAGE = (50, 1600, 4800)
"""Tokens of an image: it is scaled down to these at most (documentation of vision)."""
DOCUMENT_BYTES = (40.0, 10.0, 1.0)
"""Bytes of base64 for one token of a PDF: they vary more than anything else."""
LOW, LIKELY, HIGH = range(3)
Tokens = tuple[int, int, int]
"""At least, likely and at most."""


def input_tokens(load: Load, shape: Shape | None) -> Tokens:
    """Work out the tokens of all prompts of a load from their bytes: at least, likely and at most."""
    traits = shape.traits if shape else frozenset()
    text = max(0, load.bytes - load.media - ENVELOPE * load.requests)

    def tokens(level: int) -> int:
        more = (TOOLS[level] if "tools" in traits else 0) + (STRUCTURE[level] if "output_config" in traits else 0)
        media = load.images * IMAGE[level]
        if load.documents:
            media += int(load.media / DOCUMENT_BYTES[level])
        return int(text / BYTES_A_TOKEN[level]) + media + load.requests * (more + (60 if level == HIGH else 1))

    return tokens(LOW), tokens(LIKELY), tokens(HIGH)
