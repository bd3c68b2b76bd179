"""Convert a file made for another API to a file of requests that the check accepts: `convert`.

Lines that cannot be converted safely are left out, and each of them is named.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from batchtui.domain.errors import InputError
from batchtui.domain.submission.problem import Problem, Severity
from batchtui.runtime.threads import run_cancellable
from batchtui.services.submission.staging.stage import IntakeOptions, ReadProgress, build_check_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchtui.compose.custom_ids import CustomIdFactory
    from batchtui.intake import CheckOptions
    from batchtui.intake.problems import CheckFault
    from batchtui.intake.records.sources import Source
    from batchtui.services.workspace import Workspace

_SAMPLING = {
    "sampling-removed": ("temperature", "top_p", "top_k"),
    "sampling-model": ("temperature", "top_p", "top_k"),
    "sampling-both": ("top_p",),
}
"""Keys that are removed where the API or the model refuses them: many files for OpenAI set a temperature."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of a file."""

    lines: int
    """Lines read, without blank ones."""
    kinds: dict[str, int]
    """Requests by what they were made of: openai, bedrock, vertex, request."""
    left_out: tuple[Problem, ...]
    """Lines of which no request was made, one by one."""
    notes: tuple[Problem, ...]
    """What was left out of requests or changed in them, and warnings of the check; each with its first lines."""

    @property
    def requests(self) -> int:
        """Requests that were written."""
        return sum(self.kinds.values())


async def convert(
    workspace: Workspace,
    file: str,
    write: Callable[[IO[bytes]], None],
    options: IntakeOptions,
    on_progress: Callable[[ReadProgress], None] | None = None,
) -> Conversion:
    """Convert a file. `write` gets all requests as JSON lines, once, at the end; never where there are none.

    Args:
        workspace: knows the models, for the check.
        file: what is read; `-` is `options.stdin`.
        write: takes the stream of requests.
        options: model and max_tokens take the place of those of every line.
        on_progress: is called with how far reading has come.

    Raises:
        InputError: the file cannot be read, or is not a file of requests at all.
    """
    checks = await build_check_options(workspace, options)
    return await run_cancellable(partial(_convert, file, write, options, checks), on_progress)


def _convert(
    file: str,
    write: Callable[[IO[bytes]], None],
    options: IntakeOptions,
    checks: CheckOptions,
    tell: Callable[[ReadProgress], None],
) -> Conversion:
    from batchtui.intake.records.sources import STDIN, Source, find_sources

    with tempfile.TemporaryDirectory(prefix="batchtui-") as folder:
        sources = find_sources([file])
        if file == STDIN:
            # Ids are made in a second pass, which a pipe does not allow.
            copy = Path(folder) / "stdin"
            with copy.open("wb") as out:
                shutil.copyfileobj(options.stdin or sys.stdin.buffer, out)
            sources = [Source(STDIN, copy, copy.stat().st_size)]
        # Written to a file first: whether there is any request is known only after the last line.
        with tempfile.TemporaryFile(dir=folder) as made:
            passing = _Pass(sources, options, checks, made)
            passing.run(tell)
            found = passing.conversion()
            if found.requests:
                made.seek(0)
                write(made)
            return found


class _Pass:
    """One pass over the lines: each is converted, checked, and written or left out."""

    def __init__(self, sources: list[Source], options: IntakeOptions, checks: CheckOptions, out: IO[bytes]) -> None:
        from batchtui.compose.custom_ids import CustomIdFactory
        from batchtui.intake.checker import Checker
        from batchtui.intake.problems import ProblemCollector

        self._sources = sources
        self._options = options
        self._out = out
        self._heard = _hearing()
        self._checker = Checker(checks)
        self._checker.findings = self._heard
        self._ids: CustomIdFactory = CustomIdFactory(lambda: _names(sources))
        self._notes = ProblemCollector()
        self._left_out: list[Problem] = []
        self._kinds: Counter[str] = Counter()
        self._lines = 0

    def run(self, tell: Callable[[ReadProgress], None]) -> None:
        """Convert every line."""
        for source in self._sources:
            self._checker.places.open(source.name)
            for line, text, read in _lines(source):
                self._lines += 1
                if faults := self._take(source.name, line, text):
                    self._leave_out(source.name, line, text, faults)
                tell(ReadProgress(read, source.size))

    def conversion(self) -> Conversion:
        """Return what became of the lines."""
        return Conversion(self._lines, dict(self._kinds), tuple(self._left_out), tuple(self._notes.problems()))

    def _take(self, file: str, line: int, text: bytes) -> list[CheckFault]:
        """Convert, check and write a line. Returns the errors because of which it was not written."""
        from batchtui.intake.records.diagnosis import diagnose
        from batchtui.intake.records.foreign_requests import CannotConvert, convert_line

        read = diagnose(text)
        if read.value is None or not read.is_sound:
            return [fault for fault in read.faults if fault.severity is Severity.ERROR]
        try:
            made = convert_line(read.value, model=self._options.model, max_tokens=self._options.max_tokens)
        except CannotConvert as refusal:
            return [refusal.fault]
        custom_id = self._ids.make(made.original_id, line)
        notes = list(made.dropped)
        if custom_id != made.original_id:
            notes.append(_renamed(made.original_id, custom_id))
        faults, dropped = self._write(file, line, custom_id, made.params)
        if errors := [fault for fault in faults if fault.severity is Severity.ERROR]:
            return errors
        for note in (*notes, *dropped, *faults):
            self._notes.add(note, file, line, custom_id)
        self._kinds[made.kind] += 1
        return []

    def _write(
        self, file: str, line: int, custom_id: str, params: dict[str, Any]
    ) -> tuple[list[CheckFault], list[CheckFault]]:
        """Check a request and write it. Returns what the check found, and which keys were removed."""
        dropped: list[CheckFault] = []
        faults = self._attempt(file, line, custom_id, params)
        # A loop, as a model's rules show only once what the API version refuses is gone.
        while refused := [key for fault in faults for key in _SAMPLING.get(fault.code, ()) if key in params]:
            if any(fault.severity is Severity.ERROR and fault.code not in _SAMPLING for fault in faults):
                break
            params = {key: value for key, value in params.items() if key not in refused}
            dropped += [_refused(key, faults) for key in dict.fromkeys(refused)]
            faults = self._attempt(file, line, custom_id, params)
        return faults, dropped

    def _attempt(self, file: str, line: int, custom_id: str, params: dict[str, Any]) -> list[CheckFault]:
        """Write a request if the check finds no error. Returns what it found."""
        from pydantic_core import to_json

        # The checker collects over all lines; what it says of this one decides whether the line is written.
        self._heard.faults = []
        request = to_json({"custom_id": custom_id, "params": params}, inf_nan_mode="constants")
        for good in self._checker.check(file, line, [request]):
            self._out.write(good.payload + b"\n")
        return list(self._heard.faults)

    def _leave_out(self, file: str, line: int, text: bytes, faults: list[CheckFault]) -> None:
        """Note a line that no request was made of, with the reasons."""
        from batchtui.intake.records.diagnosis import diagnose
        from batchtui.intake.records.foreign_requests import original_id

        value = diagnose(text).value
        name = original_id(value) if value else None
        for fault in faults:
            self._left_out.append(
                Problem(
                    file=file,
                    line=line,
                    custom_id=None if name is None else str(name)[:80],
                    severity=Severity.ERROR,
                    code=fault.code,
                    message=fault.message,
                    hint=fault.hint,
                    lines=(line,),
                )
            )


def _hearing() -> Any:
    """Return a collector that also keeps the faults of the latest line."""
    from batchtui.intake.problems import ProblemCollector

    class Hearing(ProblemCollector):
        faults: list[CheckFault]

        def add(self, fault: CheckFault, file: str, line: int | None, custom_id: str | None = None) -> None:
            self.faults.append(fault)

    return Hearing()


def _lines(source: Source) -> Iterator[tuple[int, bytes, int]]:
    """Yield number, text and the bytes read so far of each line that is not blank."""
    from batchtui.intake.records.reader import UnknownFormat, read_records, without_mark
    from batchtui.intake.records.sources import ByteCounter, DamagedGzip, read_chunks

    count = ByteCounter()
    try:
        for records in read_records(read_chunks(source, None, count)):
            for number, item in enumerate(records.items, records.first):
                if text := without_mark(item).strip():
                    yield number, text, count.bytes
    except UnknownFormat as fault:
        place = source.name if fault.line is None else f"{source.name}:{fault.line}"
        raise InputError(f"{place}: {fault.message}. Nothing was written.", hint=fault.hint) from None
    except DamagedGzip as fault:
        raise InputError(
            f"{source.name}: {fault}. Nothing was written.", hint="Check that it was copied completely."
        ) from None


def _names(sources: list[Source]) -> Iterator[Any]:
    """Yield the ids of all lines, so that no generated id equals one of them."""
    from batchtui.intake.records.diagnosis import diagnose
    from batchtui.intake.records.foreign_requests import original_id

    for source in sources:
        for _, text, _ in _lines(source):
            value = diagnose(text).value
            if value is not None and (name := original_id(value)) is not None:
                yield name


def _renamed(original: Any, custom_id: str) -> CheckFault:
    """Return the warning that a line was given another id."""
    from batchtui.intake.problems import CheckFault

    was = "a missing or empty id" if original in (None, "") else f'the id "{str(original)[:80]}"'
    message = f'{was} became "{custom_id}"'
    # A kind of its own: every changed name is said, as results are joined by it.
    return CheckFault("convert-id-changed", message, "", Severity.WARNING, custom_id)


def _refused(key: str, faults: list[CheckFault]) -> CheckFault:
    """Return the warning that a refused key was removed, with the API version that accepts it where there is one."""
    from batchtui.intake.problems import CheckFault
    from batchtui.intake.records.foreign_requests import LEFT_OUT

    hint = next((fault.hint for fault in faults if fault.code in _SAMPLING and "--api-version" in fault.hint), "")
    return CheckFault(LEFT_OUT, f'"{key}" was left out: it is refused', hint, Severity.WARNING, f"{key}-refused")
