"""What an export is written to: a file appears whole or not at all, and none is replaced unasked."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import OutputExists, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def open_atomic(output: Path | None, stream: IO[bytes] | None, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Open what is written to: the stream, a device or pipe as it is, a file aside that is renamed when it is whole.

    Raises:
        StorageError: where the disk refuses.
        OutputExists: where the file appeared meanwhile, and is not to be replaced.
    """
    if output is None:
        if stream is None:
            raise UsageError("Nothing was named to write to.")
        yield stream
        stream.flush()
        return
    try:
        if output.exists() and not output.is_file():
            with output.open("wb") as out:
                yield out
            return
        aside = output.with_name(f".{output.name}.{secrets.token_hex(4)}.part")
        try:
            with aside.open("xb", buffering=1 << 18) as out:
                yield out
                out.flush()
                os.fsync(out.fileno())
            refuse_existing(output, overwrite=overwrite)
            aside.replace(output)
        except BaseException:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StorageError(f"{output} could not be written: {error}.", hint="Nothing was left behind.") from error


def refuse_existing(output: Path, *, overwrite: bool) -> None:
    """Stop before a file is replaced that nobody said might be.

    Raises:
        OutputExists: there is such a file.
        StorageError: a folder is there, or nothing ever can be.
    """
    try:
        is_folder, is_file = output.is_dir(), output.is_file()
    except (OSError, ValueError) as error:  # too long, or in a folder that is locked
        raise StorageError(f"{output} cannot be written to: {error}.", hint="Name another file.") from error
    if is_folder:
        raise StorageError(f"{output} is a folder.", hint="Name a file in it.")
    if is_file and not overwrite:
        raise OutputExists(f"{output} exists.", hint="Name another file, or say --overwrite where the verb has it.")
