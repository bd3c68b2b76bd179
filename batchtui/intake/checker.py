"""Check records: in C where nothing can be wrong, slowly and thoroughly where something is: `Checker`."""

from __future__ import annotations

from collections import Counter
from itertools import count, repeat
from typing import TYPE_CHECKING, Any, Protocol

from pydantic_core import ValidationError, from_json, to_json

from batchtui.domain.limits import LEGACY_API_VERSION
from batchtui.domain.submission.problem import Severity
from batchtui.intake.parts import CLOSING, OPENING
from batchtui.intake.problems import CheckFault, LineIndex, ProblemCollector
from batchtui.intake.records.diagnosis import diagnose, envelope_faults
from batchtui.intake.records.reader import without_mark
from batchtui.intake.records.task_files import TaskRenderer, is_task
from batchtui.intake.request_digest import RequestHasher
from batchtui.intake.rules.models import ModelVerdict, check_model, max_tokens_faults
from batchtui.intake.rules.rejected_keys import KNOWN_BETAS, KNOWN_VERSIONS, LEGACY_CODES
from batchtui.intake.rules.selection import holds_free_json, rules_for
from batchtui.intake.rules.tools import ToolChecks
from batchtui.intake.rules.tools_cache import ToolsCache
from batchtui.intake.schema.errors import explain, write_whole_numbers
from batchtui.intake.schema.request import validator
from batchtui.intake.shapes import Key, Shapes, raw_key
from batchtui.intake.types import CheckedRequest, CheckReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batchtui.intake.types import CheckOptions

_MOST_KINDS = 10_000
_LONGEST_KEPT = 64
"""Turns of a conversation whose kind is remembered; that of a longer one is worked out each time."""
_MOST_MODELS = 1000
"""Models that are counted, and remembered with what is known of them, each on its own."""
_OTHER_MODELS = "(others)"


class RequestFrame(Protocol):
    """What builds requests that differ in their custom_id and the text of their single turn only."""

    def value(self, custom_id: str, text: str) -> dict[str, Any]:
        """Return the value of a request."""


class _Kind:
    """What all requests with one raw key have in common."""

    __slots__ = (
        "count", "digest", "is_close", "is_free", "limit", "model", "rules", "shape", "verdict", "wants_example",
    )  # fmt: skip

    def __init__(
        self,
        key: Key,
        verdict: ModelVerdict,
        shape: int,
        tool_checks: ToolChecks,
        hasher: RequestHasher,
        *,
        wants_example: bool,
    ) -> None:
        self.shape = shape
        self.model = key.model
        self.verdict = verdict
        # An unknown limit is a number that nothing exceeds, so that the inner loop compares without asking for None.
        self.limit = verdict.max_tokens if verdict.max_tokens is not None else 1 << 62
        """max_tokens up to here needs no second look."""
        self.digest = hasher.function_for(key)
        self.rules = rules_for(key, verdict, tool_checks)
        self.is_free = holds_free_json(key)
        self.is_close = bool(self.rules or self.is_free)
        self.wants_example = wants_example
        self.count = 0


class Checker:
    """Checks records and counts them by shape and model. It reads no file and keeps no request."""

    def __init__(self, options: CheckOptions) -> None:
        self._options = options
        self._schema = validator(options.api_version)
        self._tool_checks = ToolChecks()
        self._may_be_newer = options.api_version not in KNOWN_VERSIONS or any(
            beta not in KNOWN_BETAS for beta in options.betas
        )
        self._known_tools = ToolsCache(self._schema.validate_json)
        self._validate: Callable[[bytes], Any] = self._schema.validate_json
        # A request that fills the frame of a body alone still makes a part.
        self._longest = options.max_bytes - len(OPENING) - len(CLOSING)
        wanted = {"model": options.model, "max_tokens": options.max_tokens}
        self._overrides = {key: value for key, value in wanted.items() if value is not None}
        self._tasks = TaskRenderer(options)
        self._hasher = RequestHasher(options.api_version, options.betas)
        self._shapes = Shapes()
        self._kinds: dict[tuple[Any, ...], _Kind] = {}
        self._frames: dict[RequestFrame, tuple[_Kind, int, Callable[[str], bytes]] | None] = {}
        """Of frames: the kind of their requests, max_tokens and the hash; None where each is checked by itself."""
        self._verdicts: dict[str, ModelVerdict] = {}
        self._models: Counter[str] = Counter()
        self.findings = ProblemCollector()
        self.places = LineIndex()
        self.seq = 0
        """Requests that may be sent, so far."""
        self.bytes = 0
        """Of their payloads."""
        self.records = 0
        """Records that are not blank, right or wrong."""
        self.needs_legacy = False

    @property
    def shapes(self) -> Shapes:
        """The shapes with their counts up to now."""
        self._settle()
        return self._shapes

    @property
    def models(self) -> dict[str, int]:
        """Requests by model, the most used first."""
        self._settle()
        return dict(self._models.most_common())

    def report(self) -> CheckReport:
        """Return the report on all records so far."""
        return CheckReport(
            requests=self.seq,
            bytes=self.bytes,
            models=self.models,
            shapes=self.shapes.all(),
            problems=tuple(self.findings.problems()),
            errors=self.findings.errors,
            warnings=self.findings.warnings,
            needs_legacy_version=self.needs_legacy,
        )

    def is_valid(self, line: bytes) -> bool:
        """Return whether a record fits the schema as it stands; nothing of it is counted."""
        try:
            self._schema.validate_json(line)
        except ValidationError:
            return False
        return True

    def check(
        self, file: str, first: int, items: list[bytes], values: Iterable[dict[str, Any] | None] = repeat(None)
    ) -> list[CheckedRequest]:
        """Check records that follow one another, and return those that may be sent.

        The inner loop: what it does, it does 100,000 times a batch.

        Args:
            file: what messages call their file.
            first: the line of the first.
            items: the records.
            values: the value of each record whose caller has proved that it fits the schema (see `is_valid`), which is
                two thirds of the work; None for the others.
        """
        good: list[tuple[Any, ...]] = []
        validate, kinds, longest, overrides = self._validate, self._kinds, self._longest, self._overrides
        seq, gap, blank, length = self.seq, None, 0, 0
        for number, line, known in zip(count(first), map(bytes.strip, items), values, strict=False):
            if not line:
                blank += 1
                continue
            if overrides:
                line, known = self._override(line), None
            try:
                value = known or validate(line)
            except ValidationError as error:
                explained = self._slowly(line, error, file, number)
                if explained is None:
                    continue
                line, value = explained
            params = value["params"]
            key = raw_key(params)
            kind = kinds.get(key) or self._learn(key)
            max_tokens = params["max_tokens"]
            if (kind.is_close or max_tokens > kind.limit or len(line) > longest) and not self._closely(
                line, value, kind, file, number
            ):
                continue
            # Elements of an array may be spread over lines; in a body and in the request store each is one line.
            if b"\n" in line:
                line = _on_one_line(line)
            seq += 1
            kind.count += 1
            length += len(line)
            # Only where lines and requests shift against each other: most files need one entry.
            if number - seq != gap:
                gap = number - seq
                self.places.note(seq, number)
            digest = kind.digest(params)
            request = (seq, value["custom_id"], line, file, number, kind.model, max_tokens, kind.shape, digest)
            if kind.wants_example:
                self._exemplify(kind, key, CheckedRequest(*request))
            good.append(request)
        self.records += len(items) - blank
        self.seq = seq
        self.bytes += length
        # Past the constructor of the named tuple, which costs more: this runs for every request.
        return list(map(tuple.__new__, repeat(CheckedRequest), good))

    def check_proven(
        self, file: str, first: int, items: list[bytes], frame: RequestFrame, ids: list[str], texts: list[str]
    ) -> list[CheckedRequest]:
        """Check requests of one frame that follow one another, as `check` does, and return those that may be sent.

        Args:
            file: what messages call their file.
            first: the line of the first.
            items: the records, each one line without blanks around it.
            frame: what built them; one of its requests fits the schema, and therefore all do.
            ids: their custom_ids.
            texts: the texts in which they differ.
        """
        if not items:
            return []
        if frame not in self._frames:
            self._frames[frame] = self._learn_frame(frame, items[0], ids[0], texts[0])
        known = self._frames.get(frame)
        if known is None or max(map(len, items)) > self._longest:
            return self.check(file, first, items, map(frame.value, ids, texts))
        kind, max_tokens, digest = known
        if kind.wants_example:
            (example,) = self.check(file, first, items[:1], [frame.value(ids[0], texts[0])])
            return [example, *self.check_proven(file, first + 1, items[1:], frame, ids[1:], texts[1:])]
        seqs = count(self.seq + 1)
        self.places.note(self.seq + 1, first)
        self.seq += len(items)
        self.records += len(items)
        self.bytes += sum(map(len, items))
        kind.count += len(items)
        rows = zip(
            seqs, ids, items, repeat(file), count(first), repeat(kind.model), repeat(max_tokens), repeat(kind.shape),
            map(digest, texts), strict=False,
        )  # fmt: skip
        return list(map(tuple.__new__, repeat(CheckedRequest), rows))

    def _learn_frame(
        self, frame: RequestFrame, line: bytes, custom_id: str, text: str
    ) -> tuple[_Kind, int, Callable[[str], bytes]] | None:
        """Return what the requests of a frame have in common; None where each has to be looked at."""
        if self._overrides or b"\n" in line:
            return None
        params = frame.value(custom_id, text)["params"]
        raw = raw_key(params)
        kind = self._kinds.get(raw) or self._learn(raw)
        digest = self._hasher.function_of_text(Key(*raw), params)
        if digest is None or kind.is_close or params["max_tokens"] > kind.limit:
            return None
        return kind, params["max_tokens"], digest

    def _learn(self, raw: tuple[Any, ...]) -> _Kind:
        """Return the kind of requests with this raw key, and remember it."""
        key = Key(*raw)
        if key.tools:  # looking for them would cost the others a tenth
            self._validate = self._known_tools.validate
        shape, is_new = self._shapes.identify(key)
        kind = _Kind(key, self._judge(key.model), shape, self._tool_checks, self._hasher, wants_example=is_new)
        if len(self._kinds) >= _MOST_KINDS or len(key.turns) > _LONGEST_KEPT:
            self._settle()
            # Bounded: requests may all differ, and each kind holds its rules.
            self._kinds.clear()
            self._frames.clear()
        self._kinds[raw] = kind
        return kind

    def _settle(self) -> None:
        """Add the counts of the kinds to those of shapes and models, and reset them."""
        for kind in self._kinds.values():
            self._shapes.count(kind.shape, kind.count)
            if not kind.count:
                continue
            # Bounded: a template may put the row into the model by mistake, and then there are as many models as rows.
            known = kind.model in self._models or len(self._models) < _MOST_MODELS
            self._models[kind.model if known else _OTHER_MODELS] += kind.count
            kind.count = 0

    def _judge(self, model: str) -> ModelVerdict:
        """Return what is known of a model."""
        verdict = self._verdicts.get(model)
        if verdict is None:
            # A guess takes a millisecond: where every request names another model, nobody reads them all.
            has_room = len(self._verdicts) < _MOST_MODELS
            verdict = check_model(model, self._options, guesses=has_room)
            if has_room:
                self._verdicts[model] = verdict
        return verdict

    def _exemplify(self, kind: _Kind, raw: tuple[Any, ...], request: CheckedRequest) -> None:
        """Keep the first request of a shape, and check it for repeated keys, which the fast validator accepts."""
        kind.wants_example = False
        self._shapes.exemplify(Key(*raw), request)
        for fault in diagnose(request.payload).faults:
            self._add(fault, request.file, request.line, request.custom_id)

    def _closely(self, line: bytes, value: dict[str, Any], kind: _Kind, file: str, number: int) -> bool:
        """Check a request that fits the schema against the rules, and note faults. Returns whether it may be sent."""
        params, verdict, betas = value["params"], kind.verdict, self._options.betas
        faults = [fault for rule in kind.rules for fault in rule(params, verdict, betas)]
        if params["max_tokens"] > kind.limit:
            faults += max_tokens_faults(params, verdict)
        if len(line) > self._longest:
            message = f"the request has {len(line):,} bytes, more than a batch may have"
            faults.append(CheckFault("request-too-large", message, "make it smaller, or upload its files (Files API)"))
        # The fast validator takes NaN and Infinity as numbers, which JSON does not have.
        if kind.is_free and (b"NaN" in line or b"Infinity" in line):
            faults += [fault for fault in diagnose(line).faults if fault.code == "nan"]
        for fault in faults:
            self._add(fault, file, number, value["custom_id"])
        return not any(fault.severity is Severity.ERROR for fault in faults)

    def _slowly(
        self, line: bytes, error: ValidationError, file: str, number: int
    ) -> tuple[bytes, dict[str, Any]] | None:
        """Note all faults of a record. Returns its line and value where none of them is an error, else None."""
        if (plain := without_mark(line)) is not line:
            line = plain.strip()
            try:
                return (line, self._validate(line)) if line else None
            except ValidationError as other:
                error = other
        # pydantic's message for broken JSON names no reason that a person can act on, so the line is read again.
        read = diagnose(line)
        faults, value = list(read.faults), read.value
        custom_id = read.custom_id
        if value is not None and is_task(value) and not read.is_sound:
            value = None
        elif value is not None and is_task(value):
            value, more = self._tasks.render(value)
            custom_id = value["custom_id"] if value else None
            line = to_json(value) if value else line
            faults += more
        if value is not None:
            more, has_changed = self._faults(value)
            # Python's parser took what the strict one refuses, so nothing else will name the reason.
            if not faults and not more and error.errors()[0]["type"] == "json_invalid":
                more = [_unread(error)]
            faults += more
        for fault in faults:
            self._add(fault, file, number, custom_id if isinstance(custom_id, str) else None)
        if value is None or any(fault.severity is Severity.ERROR for fault in faults):
            return None
        request = {"custom_id": value["custom_id"], "params": value["params"]}
        # The bytes stay as they came wherever that is possible: a fingerprint is made of them.
        is_same = len(value) == len(request) and not has_changed
        return (line if is_same else to_json(request)), request

    def _faults(self, value: dict[str, Any]) -> tuple[list[CheckFault], bool]:
        """Return what is wrong with the envelope and with params, and whether a number in params was rewritten."""
        faults = envelope_faults(value)
        params = value.get("params")
        if not isinstance(params, dict):
            return faults, False
        request = {"custom_id": value.get("custom_id"), "params": params}
        model = params.get("model")
        verdict = self._judge(model) if isinstance(model, str) else None
        error = self._schema_error(request)
        # Before anything is explained: a number that is rewritten is no error any more.
        rewritten = list(write_whole_numbers(error, params)) if error else []
        if rewritten:
            faults += rewritten
            error = self._schema_error(request)
        if error:
            faults += explain(error, value, verdict, may_be_newer=self._may_be_newer)
        if any(fault.severity is Severity.ERROR for fault in faults) and verdict is not None:
            faults += verdict.faults
        return faults, bool(rewritten)

    def _schema_error(self, request: dict[str, Any]) -> ValidationError | None:
        """Return the schema's error for a request; None where it fits."""
        try:
            self._schema.validate_python(request)
        except ValidationError as error:
            return error
        return None

    def _add(self, fault: CheckFault, file: str, number: int, custom_id: str | None) -> None:
        """Add a fault to the findings, and note where the older API version would take the request."""
        # A parameter that the model refuses at the older version, too, is no reason to send it there.
        may_help = fault.code in LEGACY_CODES and LEGACY_API_VERSION in fault.hint
        self.needs_legacy = self.needs_legacy or may_help
        self.findings.add(fault, file, number, custom_id)

    def _override(self, line: bytes) -> bytes:
        """Return the line with --model and --max-tokens applied; a line that cannot be parsed is returned unchanged."""
        try:
            value = from_json(without_mark(line))
        except ValueError:
            return line
        if not isinstance(value, dict) or not isinstance(value.get("params"), dict):
            return line
        value["params"].update(self._overrides)
        return to_json(value)


def _unread(error: ValidationError) -> CheckFault:
    """Return the fault for JSON that only the strict parser refuses."""
    reason = error.errors(include_url=False, include_input=False)[0]["msg"]
    if "recursion" in reason:
        return CheckFault(
            "too-deep", "it is nested deeper than strict readers of JSON go (200 levels)", "make it flatter"
        )
    return CheckFault("not-json", reason[:200])


def _on_one_line(text: bytes) -> bytes:
    """Return JSON on one line. Strings hold no line breaks, so only layout is lost."""
    return b"".join([part.strip() for part in text.split(b"\n")])
