"""Find the inputs (files, folders of parts, stdin) and read them as unpacked chunks: `find_sources`, `read_chunks`."""

from __future__ import annotations

import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from batchtui.domain.errors import InputError
from batchtui.settings.user_paths import is_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK = 1 << 18
"""Bytes read at once: large enough for C to do the work, small enough to stay in the processor's cache."""
STDIN = "-"
_SUFFIXES = (".json", ".jsonl", ".ndjson")
_GZIP = b"\x1f\x8b"


class DamagedGzip(ValueError):
    """Compressed data that ends early or cannot be unpacked."""


class ByteCounter:
    """Counts bytes as they come off the disk."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One input, found but not yet read."""

    name: str
    """As the user named it, or the path of a part in a folder that the user named."""
    path: Path | None
    """None for the standard input."""
    size: int | None
    """Bytes on the disk; None where they cannot be known."""


def find_sources(names: Sequence[str]) -> list[Source]:
    """Return every input in order; a folder stands for its parts in name order.

    Raises:
        InputError: something is missing, not readable, or a folder without parts.
    """
    if not names:
        raise InputError("no file was given", hint="pass a file of requests, a folder of parts, or - for stdin")
    if list(names).count(STDIN) > 1:
        raise InputError("standard input can be read only once", hint="pass - only once")
    sources: list[Source] = []
    for name in names:
        if name == STDIN:
            sources.append(Source(STDIN, None, None))
        elif is_folder(name):
            sources += _parts(name)
        else:
            sources.append(_file(name, Path(name)))
    return sources


def read_chunks(source: Source, stdin: BinaryIO | None, count: ByteCounter) -> Iterator[bytes]:
    """Yield the unpacked bytes of a source; `count` learns how many were read from the disk.

    Raises:
        InputError: the file cannot be read any more.
        DamagedGzip: in the middle of compressed data.
    """
    try:
        if source.path is None:
            if stdin is None:
                raise InputError("standard input is closed")
            yield from filter(None, _unpacked(_raw(stdin, count)))
        else:
            with source.path.open("rb", buffering=0) as file:
                yield from filter(None, _unpacked(_raw(file, count)))
    except OSError as fault:
        raise InputError(f"{source.name} cannot be read: {fault.strerror or fault}") from fault


def _raw(file: BinaryIO, count: ByteCounter) -> Iterator[bytes]:
    """Yield what the file holds, piece by piece."""
    while chunk := file.read(CHUNK):
        count.bytes += len(chunk)
        yield chunk


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield chunks as they are, or unpacked where the first bytes say gzip."""
    first = next(chunks, b"")
    while 0 < len(first) < len(_GZIP):
        more = next(chunks, b"")
        if not more:
            break
        first += more
    if not first.startswith(_GZIP):
        yield first
        yield from chunks
        return
    yield from _gunzip(first, chunks)


def _gunzip(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack one or more gzip members, never more than a chunk at once: a bomb stays harmless."""
    packed, member = first, zlib.decompressobj(wbits=31)
    try:
        while packed:
            yield member.decompress(packed, CHUNK)
            packed = member.unconsumed_tail
            if member.eof:
                # Zeros between members are padding, as tapes and some writers leave (gzip itself ignores them, too).
                packed = member.unused_data.lstrip(b"\0")
                member = zlib.decompressobj(wbits=31)
                packed = packed or next(chunks, b"").lstrip(b"\0")
                if not packed:
                    return
            packed = packed or next(chunks, b"")
    except zlib.error as fault:
        raise DamagedGzip("the compressed data is damaged") from fault
    yield member.flush()
    if not member.eof:
        raise DamagedGzip("the compressed data ends early")


def _file(name: str, path: Path) -> Source:
    """Return one file, having looked whether it can be read."""
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            # Opened now, so that a file that may not be read is named before hours of work.
            path.open("rb").close()
            return Source(name, path, status.st_size)
    except FileNotFoundError:
        raise InputError(f"{name} does not exist", hint="check the path; - reads standard input") from None
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise InputError(f"{name} cannot be read: {reason or fault}") from fault
    return Source(name, path, None)


def _parts(name: str) -> list[Source]:
    """Return the parts of a folder as Spark, Ray and DuckDB write them, in name order."""
    folder = Path(name)
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as fault:
        raise InputError(f"{name} cannot be read: {fault.strerror or fault}") from fault
    parts = [entry for entry in entries if _is_part(entry.name) and entry.is_file()]
    if not parts:
        raise InputError(f"{name} has no parts to read", hint=_folder_hint(entries))
    return [_file(str(part), part) for part in parts]


def _is_part(name: str) -> bool:
    """Whether a file of this name in a folder holds requests."""
    # `_SUCCESS` and `.crc` files of Spark and Hadoop.
    if name.startswith((".", "_")):
        return False
    bare = name.removesuffix(".gz").lower()
    return bare.endswith(_SUFFIXES) or ("." not in bare and bare.startswith("part"))


def _folder_hint(entries: list[Path]) -> str:
    """Return the hint for a folder without request files."""
    if any(".parquet" in entry.name for entry in entries):
        return "Parquet cannot be read here; write the requests as JSON lines"
    if any(entry.is_dir() and not entry.name.startswith((".", "_")) for entry in entries):
        return "subfolders are not read; pass them one by one"
    return "parts are files named *.json, *.jsonl, *.ndjson (also .gz) or part-00000"
