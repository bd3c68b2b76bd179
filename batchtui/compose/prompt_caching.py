"""Tell how long a prefix must be for a model to cache it: the API does not report a shorter one.

Read in the prompt caching page of the documentation and what was written about it in November 2026.
"""

from __future__ import annotations

from batchtui.domain.model import undated

_LEAST = {
    "claude-opus-5": 512, "claude-fable-5": 512, "claude-mythos-5": 512,
    "claude-opus-4-7": 2048,
    "claude-opus-4-6": 4096, "claude-opus-4-5": 4096, "claude-haiku-4-5": 4096,
}  # fmt: skip
USUAL = 1024
"""For models whose figure is not known here."""


def min_cacheable_tokens(model: str) -> int:
    """Return the tokens that a prefix must have for a model to cache it."""
    return _LEAST.get(undated(model), USUAL)
