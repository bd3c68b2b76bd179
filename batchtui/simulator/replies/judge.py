"""Answer as a judge that compares two answers, with a planted truth and a planted bias for a position."""

import json
import re
from collections.abc import Mapping
from random import Random
from typing import Any
from zlib import crc32

CHOICES = ("first", "second", "tie")
_BLOCK = re.compile(r"^<<<([A-Z ]+) ([0-9a-f]+)>>>\n(.*?)\n<<<END \1 \2>>>$", re.MULTILINE | re.DOTALL)


def is_comparison(schema: object) -> bool:
    """Whether a schema asks which of two answers wins."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    winner = properties.get("winner") if isinstance(properties, Mapping) else None
    return isinstance(winner, Mapping) and tuple(winner.get("enum") or ()) == CHOICES


def comparison(params: Mapping[str, Any], *, seed: int, longer_wins: float, ties: float, bias: float) -> str | None:
    """The judge's JSON for a message with two answers; None where there are none.

    By the truth that is planted the longer answer is better in a share `longer_wins` of the pairs, neither in a share
    `ties`, and the shorter one in the others. In a share `bias` of its answers it takes the first one whatever it says.
    """
    content = params["messages"][-1].get("content")
    # The marks differ from registry to registry; what is judged does not.
    said = {name: text for name, _, text in _BLOCK.findall(content)} if isinstance(content, str) else {}
    first, second = said.get("FIRST ANSWER"), said.get("SECOND ANSWER")
    if first is None or second is None:
        return None
    asked = said.get("REQUEST", "")
    # Seeded draws on purpose: answers must repeat. They guard nothing.
    truth = _draw(seed, "truth", asked, *sorted((first, second)))
    # By the text where both are as long, so that the order decides nothing.
    is_first = (len(first), first) > (len(second), second)
    longer, shorter = ("first", "second") if is_first else ("second", "first")
    winner = longer if truth < longer_wins else "tie" if truth < longer_wins + ties else shorter
    if first == second:
        winner = "tie"
    if _draw(seed, "position", asked, first, second) < bias:
        winner = "first"
    return json.dumps({"reason": f"The {winner} answer is what was asked for.", "winner": winner})


def _draw(seed: int, *words: str) -> float:
    text = "\0".join((str(seed), *words))
    return Random(crc32(text.encode("utf-8", "surrogatepass"))).random()  # noqa: S311
