"""Render templates that could need any time or memory in a process with limits: `render`.

`{% set s = s ~ s %}` sixty times, or two nested loops, take all the memory or time there is, and no check of the text
can tell for certain. So what is not plainly harmless (see `syntax.is_tame`) is worked out by a process of its own whose
memory and processor time the system bounds. It ends when this one does, and after half a minute without work; it reads
nothing but what this one writes into its standard input.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import struct
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, BinaryIO

from batchtui.templates.faults import WRONG, InvalidTemplate, bounded, line_of, reason_of
from batchtui.templates.render_values import decode_values, encode_values
from batchtui.templates.sandbox import sandbox
from batchtui.templates.syntax import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping

CPU_SECONDS = 2
"""Processor time for one text; a usual one takes less than a thousandth of it."""
MEMORY_BYTES = 384 << 20
"""What the process may take beyond what it needs to begin with. The longest text (`MAX_TEXT`) fits several times."""
WALL_SECONDS = 60.0
"""How long a text may take however busy the machine is."""
IDLE_SECONDS = 30.0
"""After so long without work the process ends."""
MOST_FAILURES = 3
"""Texts that one template may run into the limits with; after that it is not tried any more."""
_LENGTH = struct.Struct("!Q")
_KEPT_TEMPLATES = 200
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {} import serve; serve()"


class _Lost(Exception):
    """The process ended, or was ended, without an answer."""


class _Idle(Exception):
    """The process had ended by itself before it was asked."""


class _RenderProcess:
    """The process, from outside. One text at a time."""

    def __init__(self) -> None:
        import json

        path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
        self._process = subprocess.Popen(  # noqa: S603 (this very Python)
            # -P: the folder one is in must not be importable before sys.path is set.
            [sys.executable, "-P", "-c", _PROGRAM.format(__name__), path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C reaches the parent only, which then ends it.
            process_group=0,
        )

    def ask(self, content: bytes) -> bytes:
        """Send one template and return the rendered text, as bytes.

        Raises:
            _Idle: the process had ended before.
            _Lost: the process ran into a limit.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_LENGTH.pack(len(content)) + content)
            self._process.stdin.flush()
        except OSError:
            raise self._gone() from None
        end = monotonic() + WALL_SECONDS
        [length] = _LENGTH.unpack(self._read(_LENGTH.size, end))
        return self._read(length, end)

    def end(self) -> None:
        """Kill the process and wait for its end."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        self._process.wait()

    def _read(self, size: int, end: float) -> bytes:
        assert self._process.stdout is not None
        descriptor, content = self._process.stdout.fileno(), bytearray()
        while len(content) < size:
            ready, _, _ = select.select([descriptor], [], [], max(end - monotonic(), 0.0))
            chunk = os.read(descriptor, min(size - len(content), 1 << 20)) if ready else b""
            if not chunk:
                raise self._gone()
            content += chunk
        return bytes(content)

    def _gone(self) -> Exception:
        """Return the exception for a process that does not answer: `_Idle` or `_Lost`."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            # It closes its pipes a moment before it is gone; one that is still at work does not go.
            return _Idle() if self._process.wait(timeout=0.5) == 0 else _Lost()
        return _Lost()


_lock = threading.Lock()
_current: _RenderProcess | None = None
_failures: dict[str, int] = {}


def render(source: str, place: str, columns: tuple[str, ...], values: Mapping[str, Any]) -> str:
    """Return the text of a template for a row. Blocking; from any thread.

    Args:
        source: the template.
        place: its name in messages.
        columns: the columns with dots in their names that it asks for.
        values: by variable.

    Raises:
        InvalidTemplate: it cannot be worked out, or not within the limits.
    """
    limits = f"it needs more than {CPU_SECONDS} seconds or {MEMORY_BYTES >> 20} MB for one row"
    with _lock:
        if _failures.get(source, 0) >= MOST_FAILURES:
            raise InvalidTemplate(f"{place}: {limits}, for several rows; it is not rendered any more")
        try:
            answer = _ask(encode_values([CPU_SECONDS, source, list(columns), dict(values)]))
        except _Lost:
            _failures[source] = _failures.get(source, 0) + 1
            raise InvalidTemplate(f"{place}: {limits}; simplify it") from None
        except OSError as error:
            raise InvalidTemplate(f"{place}: no process can be started to render it: {error}") from None
    text = answer[1:].decode("utf-8", "surrogatepass")
    if answer[:1] == b"T":
        return text
    raise InvalidTemplate(f"{place}{text}")


def _ask(content: bytes) -> bytes:
    """Return the answer of the process, which is started first where none is running."""
    global _current  # noqa: PLW0603 (one process for all templates of this one)
    for _ in range(2):
        if _current is None:
            _current = _RenderProcess()
            atexit.register(_end)
        try:
            return _current.ask(content)
        except _Idle:
            _end()
        except BaseException:
            # Whatever interrupted it: an answer that nobody read would be taken for that of the next row.
            _end()
            raise
    raise _Lost


def _end() -> None:
    global _current  # noqa: PLW0603 (see above)
    if _current is not None:
        _current.end()
        _current = None
    atexit.unregister(_end)


def serve() -> None:
    """Render templates from stdin to stdout until stdin closes. Runs in the helper process."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    compiled: dict[tuple[str, tuple[str, ...]], Any] = {}
    sandbox()
    # After Jinja is imported: its memory is not counted against a text.
    _limit_memory()
    while _has_work(source) and len(header := source.read(_LENGTH.size)) == _LENGTH.size:
        [length] = _LENGTH.unpack(header)
        answer = _answer(source.read(length), compiled)
        sink.write(_LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _answer(content: bytes, compiled: dict[tuple[str, tuple[str, ...]], Any]) -> bytes:
    """Return `T` and the rendered text, or `F` and the fault with its line."""
    from jinja2 import TemplateError

    seconds, text, names, values = decode_values(content)
    columns = tuple(names)
    _allow_seconds(seconds)
    try:
        template = compiled.get((text, columns))
        if template is None:
            if len(compiled) >= _KEPT_TEMPLATES:
                compiled.clear()
            template = compiled[text, columns] = sandbox().from_string(read_tree(text, columns))
        return b"T" + "".join(bounded(template.generate(values))).encode("utf-8", "surrogatepass")
    except (TemplateError, SyntaxError, *WRONG) as fault:
        return f"F{line_of(fault)}: {reason_of(fault)}".encode("utf-8", "surrogatepass")
    except RecursionError:
        return b"F: it refers to itself without end"
    except MemoryError:
        return f"F: it needs more than {MEMORY_BYTES >> 20} MB for one row; simplify it".encode()


def _has_work(source: BinaryIO) -> bool:
    # Nothing is buffered between two texts: each is written only when the one before was answered.
    return bool(select.select([source], [], [], IDLE_SECONDS)[0])


def _limit_memory() -> None:
    """Limit this process's address space to `MEMORY_BYTES` more than now. macOS accepts the call and ignores it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        # A process that is ended by SIGXCPU would leave a core file.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        most = _taken() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _taken() -> int:
    """Return this process's address space in bytes; 1 GiB where it is unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (OSError, ValueError):
        return 1 << 30
    return pages * os.sysconf("SC_PAGE_SIZE")


def _allow_seconds(seconds: int) -> None:
    """Set the limit of processor time for the next text, in seconds; the system kills the process at it."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        # The limit counts from the start of the process, in whole seconds; a hard limit could not be raised again.
        soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
