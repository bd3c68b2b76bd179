"""Tasks and their results, in the shape of the API guide's own helpers: `BatchRequest`, `TaskResult`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError, OutputExists, UsageError
from batchtui.library.arguments import flag, path_of
from batchtui.results.json_text import encode_json
from batchtui.runtime.atomic_file import open_atomic
from batchtui.settings.user_paths import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from batchtui.library.result import Result


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One task: a template by its type makes the prompt of its data, its tier decides the model."""

    task_id: str
    """Up to 64 letters, digits, `-` and `_`; unique in its job."""
    task_type: str
    """analyze_logs, generate_report, classify_bulk, generate_docs, generate_tests, or a template of the user's own;
    any other goes with the default template, on the data as it is."""
    input_data: Any
    model_tier: str = "capable"
    """cheap, capable or premium: models in the config."""

    def document(self) -> dict[str, Any]:
        """Return it as a task file holds it."""
        return {"task_id": self.task_id, "task_type": self.task_type, "input_data": self.input_data,
                "model_tier": self.model_tier}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of one task."""

    task_id: str
    success: bool
    """Whether the answer needs no second look: one that was truncated or refused is no success."""
    output: dict[str, Any] = field(default_factory=dict)
    """`content`: the text of the answer; `usage`: tokens as the API counted them. Empty without an answer."""
    error: str | None = None
    """Why it is no success, as a sentence."""


def task_result(result: Result) -> TaskResult:
    """Return what a result means for its task."""
    from batchtui.results.failure_groups import suggest_action

    output = {"content": result.text, "usage": dict(result.message.get("usage") or {})} if result.message else {}
    if result.succeeded:
        return TaskResult(result.custom_id, success=True, output=output)
    kind, message = result.error.get("type"), result.error.get("message")
    said = f"{kind}: {message}" if kind and message else message or kind
    advice = suggest_action(result.outcome, str(kind) if kind else None, result.stop_reason).sentence
    return TaskResult(result.custom_id, success=False, output=output, error=str(said or f"{result.outcome}. {advice}"))


def requests_of(requests: Iterable[BatchRequest | Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return tasks, and requests as the API takes them, as the intake reads them.

    Raises:
        InputError: something is neither; it says which.
    """
    if isinstance(requests, str | bytes | Mapping) or not isinstance(requests, Iterable):
        raise InputError(
            f"Pass a list of requests, not a {type(requests).__name__}.",
            hint="`load_requests_from_file` reads a file of tasks; `submit` reads one of requests.",
        )
    return [_document(number, each) for number, each in enumerate(requests, 1)]


def _document(number: int, request: Any) -> Mapping[str, Any]:
    if isinstance(request, BatchRequest):
        return request.document()
    if isinstance(request, Mapping):
        return request
    what = "None" if request is None else f"a {type(request).__name__}"
    raise InputError(
        f"Request {number} is {what}, not a BatchRequest or a mapping.",
        hint='Pass BatchRequest(task_id, task_type, input_data), or {"custom_id": …, "params": {…}}.',
    )


def id_of(request: Mapping[str, Any]) -> str:
    """Return the id that the result of a task or a request will have."""
    return str(request.get("custom_id", request.get("task_id")))


def load_requests_from_file(path: str | Path) -> list[BatchRequest]:
    """Read tasks from a JSON array, or from JSON lines.

    Raises:
        InputError: the file cannot be read, or something in it is no task; it says where.
    """
    try:
        text = path_of("path", path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    return [_task(path, number, value) for number, value in enumerate(_values(path, text), 1)]


def save_results_to_file(results: Sequence[TaskResult], path: str | Path, *, overwrite: bool = False) -> None:
    """Write results as a JSON array; as JSON lines where the name ends with `.jsonl`. The file appears whole.

    Texts are written as the model wrote them: JSON is not read by spreadsheets as formulas are, so nothing is guarded.
    `Workspace.export` writes CSV, with a guard against formulas.

    Raises:
        OutputExists: the file exists and `overwrite` was not said.
        StorageError: the disk refuses.
    """
    target = path_of("path", path)
    flag("overwrite", overwrite)
    # Before the work: `open_atomic` asks again when the file is whole.
    if is_there(target) and not overwrite:
        raise OutputExists(f"{target} exists.", hint="Pass overwrite=True, or another file.")
    try:
        documents = [asdict(result) for result in results]
        if target.suffix == ".jsonl":
            text = "".join(encode_json(document) + "\n" for document in documents)
        else:
            text = encode_json(documents, indent=2) + "\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The results cannot be written as JSON: {error}.", hint="Pass what `execute_batch` returned."
        ) from error
    with open_atomic(target, None, overwrite=overwrite) as out:
        # Lone surrogates of an answer are kept as the API sent them: escaped.
        out.write(text.encode("utf-8", "backslashreplace"))


def _values(path: str | Path, text: str) -> Iterator[Any]:
    # By the content and not by the name: the guide's helpers write either into `.json`.
    if text.lstrip()[:1] == "[":
        try:
            yield from json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not valid JSON: {error}") from error
        return
    # Not `splitlines`, which also splits at U+2028, and that is legal inside a JSON string.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"{path}:{number} is not valid JSON: {error}") from error


def _task(path: str | Path, number: int, value: Any) -> BatchRequest:
    missing = [key for key in ("task_id", "task_type", "input_data") if not isinstance(value, dict) or key not in value]
    if missing:
        raise InputError(
            f"{path}: task {number} has no {missing[0]}.",
            hint='A task is {"task_id", "task_type", "input_data", "model_tier"?}.',
        )
    tier = value.get("model_tier") or "capable"
    return BatchRequest(str(value["task_id"]), str(value["task_type"]), value["input_data"], str(tier))
