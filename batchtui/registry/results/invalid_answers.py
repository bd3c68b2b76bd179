"""Find answers that should be JSON and are not: `find_invalid`.

Whether JSON was asked for stands in the stored request alone, so results and requests are joined once, when the index
is completed. Batches that never ask for JSON cost one search through the stored bodies.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from batchtui.registry.requests.writer import body_name
from batchtui.registry.results.search import has_word
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import NotJsonError, parse_text, wanted_schema

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from batchtui.results.line_parser import ResultLine

_MARK = b'"output_'
"""Begins `output_config` and its old name `output_format`; a request without either asks for no JSON."""
_ANSWERED = (
    "SELECT r.seq, q.offset, q.length FROM sent.requests AS q JOIN results AS r ON r.custom_id = q.custom_id"
    " WHERE q.part = ? AND r.outcome = ? ORDER BY r.seq"
)


def find_invalid(
    index: sqlite3.Connection,
    raw: Path,
    requests: tuple[Path, int],
    places: tuple[Sequence[int], Sequence[int]],
    succeeded: int,
) -> Iterator[tuple[int, ResultLine]]:
    """Yield seq and reading of each succeeded result that is not the JSON that its request asked for.

    Args:
        index: of the results, with the index of the requests attached as `sent`.
        raw: the results.
        requests: the index of the requests that were sent, and the part.
        places: where each result begins and how long it is, by seq - 1.
        succeeded: the code of the outcome that is looked at.

    Raises:
        OSError, sqlite3.Error: where files cannot be read.
    """
    path, part = requests
    body = path.with_name(body_name(int(path.stem), part))
    # Pruned, or never kept: then nobody knows what was asked for.
    if not body.exists():
        return
    offsets, lengths = places
    with body.open("rb", buffering=0) as bodies, raw.open("rb", buffering=0) as results:
        # Most batches end here: one search at the speed of the disk, and nothing is parsed.
        if not has_word(bodies.fileno(), _MARK):
            return
        for seq, offset, length in index.execute(_ANSWERED, (part, succeeded)).fetchall():
            if not _asks_for_json(os.pread(bodies.fileno(), length, offset)):
                continue
            answer = parse_result(os.pread(results.fileno(), lengths[seq - 1], offsets[seq - 1]))
            try:
                parse_text(answer.text)
            except NotJsonError:
                yield seq, answer.reading


def _asks_for_json(request: bytes) -> bool:
    if _MARK not in request:
        return False
    # The mark may stand in a prompt as well: only the request as parsed tells.
    params = json.loads(request).get("params")
    return isinstance(params, dict) and wanted_schema(params) is not None
