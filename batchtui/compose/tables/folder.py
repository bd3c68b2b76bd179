"""Read a folder as a table, one row a file, in the order of the names: `FolderTable`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.attachments import read_attachment, text_block
from batchtui.compose.tables.base import Readable, Row
from batchtui.domain.errors import InputError
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT_NAMES = ("text", "input_data")
"""What a template calls the text of a file; where it does not, the text goes along as a document."""
COLUMNS = ("name", "stem", "suffix", "size", *TEXT_NAMES)
_DEEPEST = 64


class FolderTable(Readable):
    """The files of a folder, or one file. Hidden ones are left out, and so is what leads out of the folder."""

    columns = COLUMNS
    id_column = "name"
    has_blocks = True

    def __init__(self, name: str, path: Path, *, attach_text: bool = False) -> None:
        """`attach_text`: whether the text of a file goes along as a document."""
        self.name = name
        self._path = path
        self._attach_text = attach_text
        self._read = 0

    @property
    def kind(self) -> str:
        """`folder`, or `file` where a single file was named."""
        return "folder" if self._path.is_dir() else "file"

    @property
    def facts(self) -> Mapping[str, str]:
        """How files become requests."""
        return {"requests": "one per file"}

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far."""
        return self._read, None

    def rows(self) -> Iterator[list[Row]]:
        """Yield one row a file, each a block of its own: images are large."""
        if not self._path.is_dir():
            # A single file that is no table: one row, as in a folder of one.
            yield [self._row(self._path, self._path.name)]
            return
        home, found = os.path.realpath(self._path), False
        for path, name in _files(self._path, "", 0):
            found = True
            # With the separator: `/data-old` is not inside `/data`.
            if not os.path.realpath(path).startswith(home + os.sep):
                yield [_wrong(self._path / name, "file-outside", "the link leads out of the folder", "copy the file")]
            elif not path.is_file():
                yield [_wrong(self._path / name, "file-special", "this is not a regular file", "remove it")]
            else:
                yield [self._row(path, name)]
        if not found:
            raise InputError(f"{self.name} has no files in it.", hint="Hidden files are left out.")

    def _row(self, path: Path, name: str) -> Row:
        attached = read_attachment(path)
        if not attached.is_usable:
            return Row(1, {}, attached.fault, file=str(path))
        text = attached.text or ""
        values: dict[str, Any] = {
            "name": name, "stem": path.stem, "suffix": path.suffix, "size": path.stat().st_size,
            "text": text, "input_data": text,
        }  # fmt: skip
        self._read += values["size"]
        block = attached.block
        if block is None and self._attach_text:
            block = text_block(name, text)
        return Row(1, values, attached.fault, (block,) if block else (), str(path))


def _files(folder: Path, before: str, depth: int) -> Iterator[tuple[Path, str]]:
    """Yield files with their names below the folder, in order; folders are gone through, links to folders are not."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {error.strerror or error}.") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        # Links to folders are not followed: one that leads up again would never end.
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from _files(Path(entry.path), f"{before}{entry.name}/", depth + 1)
        else:
            yield Path(entry.path), before + entry.name


def _wrong(path: Path, code: str, message: str, hint: str) -> Row:
    return Row(1, {}, CheckFault(code, message, hint, Severity.ERROR), file=str(path))
