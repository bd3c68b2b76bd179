"""Ten thousand documents from a folder, one request each: read as they are sent, so memory stays flat."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import batchtui


def requests(folder: str) -> Iterator[dict[str, Any]]:
    for number, file in enumerate(sorted(Path(folder).rglob("*.md")), 1):
        content = f"Summarise in two sentences:\n\n{file.read_text(encoding='utf-8', errors='replace')}"
        params = {"model": "claude-haiku-5-5", "max_tokens": 200, "messages": [{"role": "user", "content": content}]}
        yield {"custom_id": f"doc-{number:05}", "params": params}


def main(folder: str, output: str) -> None:
    with batchtui.open_workspace() as workspace:
        job = workspace.submit(requests(folder), name="summaries", max_requests=5_000, if_submitted="reuse")
        workspace.wait(job)
        report = workspace.export(job, output, order="input", overwrite=True)
        print(f"{report.total} summaries, {report.total - report.succeeded} to look at")


if __name__ == "__main__":
    main(*sys.argv[1:])
