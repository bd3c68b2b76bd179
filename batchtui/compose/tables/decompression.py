"""Unpack bzip2, xz, zstd and a zip of one file as a stream: `unpacked`. Gzip is unpacked where files are read."""

from __future__ import annotations

import io
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from batchtui.domain.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHUNK = 1 << 18
"""Bytes that are unpacked at once: a bomb stays harmless."""
XZ_MEMORY = 1 << 28
"""Bytes that xz may take to unpack; its strongest level needs a quarter of it."""
ZSTD_PIECE = 1024
"""Bytes that zstd is given at once: a thousand of them can be 32 MB of one letter, and come out at once."""
BZIP2, XZ, ZSTD, ZIP = b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_LONGEST_MARK = 6


class ChunkStream(io.RawIOBase):
    """Chunks of bytes as a file that is read once."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._left = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as the present chunk goes."""
        if not self._left:
            self._left = next(self._chunks, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def unpacked(chunks: Iterator[bytes], name: str, path: Path | None) -> Iterator[bytes]:
    """Yield chunks as they are, or unpacked where the first bytes say that they are compressed.

    Args:
        chunks: what the file holds.
        name: what messages call it.
        path: where it is; None for a pipe.

    Raises:
        InputError: it is damaged, or a zip of several files.
        UsageError: zstd without the package for it.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _LONGEST_MARK:
            break
    if head.startswith(ZIP):
        with _damage_said(name), _zip_member(name, path) as member:
            yield from _read(member)
    elif (opener := _opener(head)) is not None:
        with _damage_said(name), opener(io.BufferedReader(ChunkStream(chain([head], chunks)), CHUNK)) as stream:
            yield from _read(stream)
    else:
        yield head
        yield from chunks


def _read(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk


def _opener(head: bytes) -> Any:
    """Return what opens a compressed stream; None where it is not compressed."""
    if head.startswith(BZIP2):
        import bz2

        return bz2.BZ2File
    if head.startswith(XZ):
        return _open_xz
    return _open_zstd if head.startswith(ZSTD) else None


def _open_xz(stream: BinaryIO) -> BinaryIO:
    import lzma

    return cast("BinaryIO", io.BufferedReader(ChunkStream(_xz(stream, lzma)), CHUNK))


def _xz(stream: BinaryIO, lzma: Any) -> Iterator[bytes]:
    """Unpack one or more xz streams within `XZ_MEMORY`; lzma.LZMAFile has no such limit."""
    packed, member = stream.read(CHUNK), lzma.LZMADecompressor(memlimit=XZ_MEMORY)
    while packed or not member.needs_input:
        yield member.decompress(packed, CHUNK) or b""
        packed = b""
        if member.eof:
            packed = (member.unused_data or stream.read(CHUNK)).lstrip(b"\0")
            if not packed:
                return
            member = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        elif member.needs_input:
            packed = stream.read(CHUNK)
    raise EOFError("the compressed data ends early")


def _open_zstd(stream: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            "zstd needs a package that is not installed.",
            hint="pip install 'batchtui[data]', or unpack it: zstd -d FILE",
        ) from None
    return cast("BinaryIO", io.BufferedReader(ChunkStream(_zstd(stream, zstandard)), CHUNK))


def _zstd(stream: BinaryIO, zstandard: Any) -> Iterator[bytes]:
    """Unpack one or more zstd frames, a little at a time; its own stream reader takes a half frame for a whole one."""
    member = zstandard.ZstdDecompressor().decompressobj()
    packed = stream.read(ZSTD_PIECE)
    while packed:
        yield member.decompress(packed)
        packed = stream.read(ZSTD_PIECE)
        if member.eof:
            packed = member.unused_data + packed
            member = zstandard.ZstdDecompressor().decompressobj()
            if not packed:
                return
    raise EOFError("the compressed data ends early")


@contextmanager
def _zip_member(name: str, path: Path | None) -> Iterator[BinaryIO]:
    """Open the one file of a zip archive."""
    from zipfile import ZipFile

    if path is None:
        raise InputError("A zip archive cannot be read from a pipe.", hint="Pass the file's path, or use gzip.")
    with ZipFile(path) as archive:
        members = [each for each in archive.infolist() if _is_data(each.filename) and not each.is_dir()]
        # Which of several is meant, only the person knows; their columns may differ.
        if len(members) != 1:
            held = ", ".join(each.filename for each in members[:5]) or "none"
            raise InputError(
                f"{name} is a zip archive of {len(members)} files: {held}.", hint="Unpack it and pass one of them."
            )
        with archive.open(members[0]) as member:
            yield cast("BinaryIO", member)


def _is_data(name: str) -> bool:
    """Whether a member is more than what macOS and Windows add."""
    # What macOS and Windows add to archives by themselves.
    return not name.startswith("__MACOSX/") and not name.rpartition("/")[2].startswith((".", "Thumbs.db"))


@contextmanager
def _damage_said(name: str) -> Iterator[None]:
    """Turn exceptions of the decompression libraries into InputError.

    Raises:
        InputError: in the place of their errors.
    """
    from lzma import LZMAError
    from zipfile import BadZipFile
    from zlib import error as ZlibError  # noqa: N812 (it is a class)

    try:
        yield
    except (InputError, UsageError):
        raise
    except (BadZipFile, LZMAError, ZlibError, EOFError, ValueError) as fault:
        raise InputError(
            f"{name}: the compressed data is damaged: {fault}.", hint="Check that it was copied completely."
        ) from None
    except RuntimeError as fault:
        # zipfile has no class of its own for what is encrypted; zstandard's error is no subclass of anything.
        said = "the zip archive is encrypted" if "encrypted" in str(fault) else f"it cannot be unpacked: {fault}"
        raise InputError(f"{name}: {said}.", hint="Unpack it first.") from None
    except Exception as fault:
        if type(fault).__module__.partition(".")[0] == "zstandard" or isinstance(fault, OSError):
            raise _damaged(name, fault) from None
        raise


def _damaged(name: str, fault: Exception) -> InputError:
    return InputError(f"{name}: the compressed data is damaged: {fault}.", hint="Check that it was copied completely.")
