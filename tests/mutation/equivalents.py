"""Mutants that change nothing that anybody could see, each with the reason."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
"""Name of the mutant, as `python -m tests.mutation` prints it, to the reason why no test can notice it."""
