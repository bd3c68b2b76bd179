"""Write a file that appears whole or not at all, and replaces none unasked: `open_atomic`.

The bytes go into a hidden file beside it, which is renamed once it is on the disk. That file lies in a folder of the
user's, where nobody would look for it after a kill. So a note of it is kept in a folder of ours as long as it is there,
with the process that writes it: `left_behind` finds what no living process writes any more.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import OutputExists, StorageError, UsageError
from batchtui.runtime.process_identity import is_gone, process_token

if TYPE_CHECKING:
    from collections.abc import Iterator

_ASIDE = re.compile(r"\.batchtui-[0-9a-f]{16}\.part")
_NOTE = ".json"


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A half-written file whose process is gone, or of which nothing can be known from here."""

    path: Path
    note: Path
    """The note of it, in a folder of ours."""
    output: str
    """The file it was to become."""
    is_certain: bool
    """Whether the process is known to have ended; False where only another machine could tell."""


@contextmanager
def open_atomic(
    output: Path | None, stream: IO[bytes] | None, *, overwrite: bool, notes: Path | None = None
) -> Iterator[IO[bytes]]:
    """Open what is written to: the stream, a device or pipe as it is, a file aside that is renamed when it is whole.

    A symbolic link stays one: what it points to is written.

    Args:
        output: the file; None for the stream.
        stream: where to write without a file.
        overwrite: whether a file may be replaced.
        notes: the folder that says which files are being written, for `left_behind`; None keeps no note.

    Raises:
        StorageError: where the disk refuses.
        OutputExists: where the file appeared meanwhile, and is not to be replaced.
    """
    if output is None:
        if stream is None:
            raise UsageError("The output path is empty.")
        yield stream
        stream.flush()
        return
    try:
        # A device or a pipe cannot be replaced.
        if output.exists() and not output.is_file():
            with output.open("wb") as out:
                yield out
            return
        # Renaming a file onto a link would replace the link.
        target = output.resolve() if output.is_symlink() else output
        aside = target.with_name(f".batchtui-{secrets.token_hex(8)}.part")
        with _noted(aside, output, notes):
            try:
                with aside.open("xb", buffering=1 << 18) as out:
                    yield out
                    out.flush()
                    # Before the rename: after a power cut the name would stand for a file without its bytes.
                    os.fsync(out.fileno())
                # Asked again: the file may have appeared while this one was written.
                refuse_existing(output, overwrite=overwrite)
                _keep_mode(target, aside)
                aside.replace(target)
            except BaseException:
                with suppress(OSError):
                    aside.unlink(missing_ok=True)
                raise
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself
        raise StorageError(f"Cannot write {output}: {error}.", hint="No incomplete file was left.") from error


@contextmanager
def _noted(aside: Path, output: Path, notes: Path | None) -> Iterator[None]:
    """Keep a note of a file while it is written. A note that cannot be kept holds up nothing."""
    note = None if notes is None else notes / f"{aside.name.removeprefix('.')}{_NOTE}"
    if note is not None:
        with suppress(OSError):
            note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = {
                "path": os.fspath(aside.absolute()),
                "output": os.fspath(output),
                "process": process_token("export"),
            }
            descriptor = os.open(note, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(about, file)
    try:
        yield
    finally:
        if note is not None:
            with suppress(OSError):
                note.unlink(missing_ok=True)


def left_behind(notes: Path) -> Iterator[LeftBehind]:
    """Yield the files that were noted in a folder and that no living process writes, also where they are gone by now.

    A note with any other name in it than `open_atomic` gives is ignored: the file that it names is not ours.
    """
    for note in sorted(notes.glob(f"*{_NOTE}")) if notes.is_dir() else ():
        try:
            about = json.loads(note.read_text())
            path, output = Path(about["path"]), str(about["output"])
            gone = is_gone(about["process"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a note that is being written this moment, or none of ours
        is_ours = _ASIDE.fullmatch(path.name) is not None and note.name == f"{path.name[1:]}{_NOTE}"
        if is_ours and gone is not False and not path.is_symlink() and not path.is_dir():
            yield LeftBehind(path, note, output, is_certain=gone is True)


def _keep_mode(target: Path, aside: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with suppress(OSError):
        aside.chmod(target.stat().st_mode & 0o7777)


def refuse_existing(output: Path, *, overwrite: bool) -> None:
    """Refuse to replace a file without permission.

    Raises:
        OutputExists: there is such a file.
        StorageError: a folder is there, or nothing ever can be.
    """
    try:
        is_folder, is_file = output.is_dir(), output.is_file()
    except (OSError, ValueError) as error:  # too long, or in a folder that is locked
        raise StorageError(f"Cannot write {output}: {error}.", hint="Pass another file.") from error
    if is_folder:
        raise StorageError(f"{output} is a folder.", hint="Pass a file in it.")
    if is_file and not overwrite:
        raise OutputExists(f"{output} exists.", hint="Name another file, or say --overwrite where the command has it.")
