"""Read the input in one pass: files in, requests that may be sent and a report out: `Intake`."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from batchtui.domain.submission.problem import Severity
from batchtui.intake.checker import Checker
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.reader import UnknownFormat, read_records
from batchtui.intake.records.sources import ByteCounter, DamagedGzip, find_sources, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.intake.records.sources import Source
    from batchtui.intake.types import CheckedRequest, CheckOptions, CheckReport


class Intake:
    """One pass over files of requests. Holds a chunk at a time, and never changes a byte that need not change.

    Synchronous and busy with the processor: run it in a thread where an event loop must stay free.
    """

    def __init__(self, sources: Sequence[str], options: CheckOptions, stdin: BinaryIO | None = None) -> None:
        """Find the inputs; nothing is read yet.

        Raises:
            InputError: something is missing, not readable, or a folder without parts.
        """
        self._sources = find_sources(sources)
        self._stdin = stdin
        self._checker = Checker(options)
        self._counter = ByteCounter()

    @property
    def bytes_read(self) -> int:
        """Bytes taken off the disk so far (compressed ones where the file is)."""
        return self._counter.bytes

    @property
    def bytes_total(self) -> int | None:
        """Bytes of all inputs together; None where one of them is a pipe."""
        total = 0
        for source in self._sources:
            # A pipe has no size, and a total without it would end before the reading does.
            if source.size is None:
                return None
            total += source.size
        return total

    def blocks(self) -> Iterator[list[CheckedRequest]]:
        """Yield the requests that may be sent, in order, about half a megabyte of them at a time.

        Problems are collected on the way. Run it to its end before `report`.

        Raises:
            InputError: a file cannot be read any more.
        """
        for source in self._sources:
            yield from self._read(source)
        self._look_at_the_whole()

    def note_duplicates(self, found: Iterable[tuple[str, Sequence[int]]]) -> None:
        """Turn what the request store found into problems.

        Args:
            found: each custom_id that stands more than once in the job, with the `seq` of its requests in order. It
                is consumed one by one, so that memory does not grow with it: give it a cursor.
        """
        hint = "make it unique: results come in any order"
        for custom_id, seqs in found:
            first_file, first_line = self._checker.places.find(seqs[0])
            for seq in seqs[1:]:
                file, line = self._checker.places.find(seq)
                where = f"line {first_line}" if file == first_file else f"{first_file}:{first_line}"
                fault = CheckFault("custom-id-duplicate", f'duplicate custom_id "{custom_id}" (first on {where})', hint)
                self._checker.findings.add(fault, file, line, custom_id)

    def report(self) -> CheckReport:
        """Return the report of the pass. Call it after `blocks` has ended and after `note_duplicates`, if used."""
        return self._checker.report()

    def _read(self, source: Source) -> Iterator[list[CheckedRequest]]:
        """Yield the good requests of one input."""
        self._checker.places.open(source.name)
        findings = self._checker.findings
        try:
            for records in read_records(read_chunks(source, self._stdin, self._counter)):
                good = self._checker.check(source.name, records.first, records.items)
                if good:
                    yield good
        except UnknownFormat as fault:
            if fault.code == "file-empty" and len(self._sources) > 1:
                return  # folders of parts have empty ones; that all of them are is found at the end
            findings.add(CheckFault(fault.code, fault.message, fault.hint), source.name, fault.line)
        except DamagedGzip as fault:
            findings.add(
                CheckFault("gzip-damaged", str(fault), "check that it was copied completely"), source.name, None
            )

    def _look_at_the_whole(self) -> None:
        """Find what can be said only when everything was read."""
        checker = self._checker
        if checker.records == 0 and not checker.findings.errors:
            fault = CheckFault("file-empty", "there are no requests in it", "a batch needs at least one request")
            checker.findings.add(fault, self._sources[0].name, None)
        # Only where it is right: a single wrong record has its own fault to tell.
        elif checker.records == checker.seq == 1:
            hint = "the Messages API answers a single request right away, at full price"
            file, line = checker.places.find(1)
            checker.findings.add(
                CheckFault("batch-of-one", "there is only one request", hint, Severity.WARNING), file, line
            )
