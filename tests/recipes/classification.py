"""Classify every row of a table, and write the labels beside them."""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import batchtui

LABELS = ["billing", "bug", "question"]
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": LABELS}},
    "required": ["label"],
    "additionalProperties": False,
}


def requests(table: str) -> Iterator[dict[str, Any]]:
    with Path(table).open(newline="", encoding="utf-8") as rows:
        for number, row in enumerate(csv.DictReader(rows), 1):
            params = {
                "model": "claude-haiku-5-5",
                "max_tokens": 100,
                "system": f"Label the ticket with one of {', '.join(LABELS)}.",
                "messages": [{"role": "user", "content": row["text"]}],
                "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
            }
            yield {"custom_id": f"row-{number}", "params": params}


def main(table: str, output: str) -> None:
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(requests(table), name="tickets", if_submitted="reuse")
        workspace.wait(job)
        # One row a ticket, in the order of the table: custom_id, the question, and the label in a column of its own.
        workspace.export(job, output, with_requests=True, overwrite=True)
        print(json.dumps([dict(result.structured) for result in workspace.results(job)][:3]))


if __name__ == "__main__":
    main(*sys.argv[1:])
