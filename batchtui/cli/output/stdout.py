"""Write facts to stdout, as lines of text or as one JSON document: `Stdout`. Nothing else writes there.

Everything that a terminal would obey is made visible in text and escaped in JSON, where a parser gives it back.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import shutil
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from batchtui.domain.errors import StorageError
from batchtui.results.json_text import encode_json
from batchtui.text.layout.tables import table
from batchtui.text.safe import escaped_json, sanitize_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batchtui.text.layout.tables import TextColumn


class PipeClosed(Exception):
    """The reader of stdout has closed it, as `head` does. Not an error: the program ends quietly."""


class OutputFailed(StorageError):
    """Standard output cannot be written: a full disk, a terminal that has gone."""


class Stdout:
    """Writes facts to stdout; everything else goes to stderr, so that scripts can read stdout."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        """`before` is called before anything is written: it takes a progress line off the terminal that both share."""
        self._before = before
        self._guarded: BinaryIO = _Guarded(sys.stdout.buffer)
        self.is_terminal = sys.stdout.isatty()
        self._encoding = sys.stdout.encoding or "utf-8"

    @property
    def _out(self) -> BinaryIO:
        self._before()
        return self._guarded

    @property
    def is_plain(self) -> bool:
        """Whether glyphs beyond ASCII would not arrive."""
        return not self._encoding.lower().replace("-", "").startswith("utf")

    @property
    def width(self) -> int | None:
        """Columns that a line may take; None in a pipe, where lines are as long as they are."""
        return shutil.get_terminal_size().columns if self.is_terminal else None

    @property
    def binary(self) -> BinaryIO:
        """Where results go as bytes, exactly as they are; a terminal gets them as safe text. Raises `PipeClosed`."""
        return _Safe(self._out) if self.is_terminal else self._out

    def line(self, text: str = "") -> None:
        """Write one line; it should have gone through `safe` where it holds text from outside."""
        # Under LANG=C a name in another script must not end the command halfway.
        self._out.write(f"{text}\n".encode(self._encoding, errors="backslashreplace"))

    def lines(self, texts: Iterable[str]) -> None:
        """Write several lines, all of them at once: a hundred thousand writes take longer than the lines themselves."""
        some = list(texts)
        if some:
            self.line("\n".join(some))

    def table(self, columns: Sequence[TextColumn], rows: Sequence[Sequence[str]]) -> None:
        """Write a table that fits the terminal."""
        self.lines(table(columns, rows, fit_to=self.width))

    def record(self, document: Any) -> None:
        """Write one JSON document on a line of its own, and flush: a script may be reading along."""
        # ASCII, as `json.dumps` escapes the rest: nothing in it can drive a terminal.
        self._out.write(json.dumps(document).encode() + b"\n")
        self.flush()

    def document(self, document: Any) -> None:
        """Write the one JSON document of a command, in UTF-8 whatever the locale.

        Control characters, bidi marks and lone surrogates are escapes in it: a name from outside drives no terminal.
        """
        self._out.write(escaped_json(encode_json(document, indent=2)).encode() + b"\n")

    @contextmanager
    def array(self) -> Iterator[Callable[[Iterable[Any]], None]]:
        """Write a document that is an array piece by piece: yields a function that takes the next items of it.

        A terminal gets them indented, like every document; elsewhere each is a line of its own, which takes a third of
        the time.
        """
        is_begun = False

        def add(items: Iterable[Any]) -> None:
            nonlocal is_begun
            texts = [escaped_json(encode_json(item, indent=2 if self.is_terminal else None)) for item in items]
            if self.is_terminal:  # in a JSON text a line break is never part of a value
                texts = ["  " + text.replace("\n", "\n  ") for text in texts]
            if texts:
                self._out.write((("," if is_begun else "[") + "\n" + ",\n".join(texts)).encode())
                is_begun = True

        yield add
        self._out.write(b"\n]\n" if is_begun else b"[]\n")

    def flush(self) -> None:
        """Send on what was written. Raises `PipeClosed`."""
        self._out.flush()

    def abandon(self) -> None:
        """Point stdout to /dev/null: the interpreter flushes it at exit, and would print a traceback."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)


# Writers of exports close what they write to, and the interpreter closes what it collects; stdout has to outlive both.
class _Lent(io.BufferedIOBase, BinaryIO):
    """A stream over another one that stays open when this one is closed or collected."""

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Leave the stream as it is."""


class _Safe(_Lent):
    """Writes bytes from outside to a terminal; control characters become visible on the way."""

    def __init__(self, terminal: BinaryIO) -> None:
        self._terminal = terminal
        # Incremental: a block of an export may end in the middle of a character.
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode

    def write(self, data: Any) -> int:
        self._terminal.write(sanitize_block(self._decode(bytes(data))).encode())
        return len(data)

    def flush(self) -> None:
        self._terminal.flush()


class _Guarded(_Lent):
    """Stdout's bytes. A closed pipe is `PipeClosed`, every other failure of writing `OutputFailed`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        with _failures_named():
            return self._stream.write(data)

    def flush(self) -> None:
        with _failures_named():
            self._stream.flush()


@contextmanager
def _failures_named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        raise OutputFailed(f"Cannot write to standard output: {(error.strerror or str(error)).lower()}.") from error
