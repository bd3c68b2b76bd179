"""`TerminalDriver` is Textual's driver for Unix, made to lose no key at the start and to stop at once at the end.

Textual takes the screen before it takes the keys, so the terminal would still echo what is typed in between. And its
reader waits up to a tenth of a second twice before it stops, which is all the time that leaving may take.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import time
import tty
from codecs import getincrementaldecoder
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, TextIO, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Paste

from batchtui.tui.terminal.input_tokenizer import ESC, InputTokenizer, PastedText
from batchtui.tui.terminal.job_control import SETTLE_SECONDS
from batchtui.tui.terminal.key_sequences import is_known
from batchtui.tui.terminal.terminal_guard import TerminalGuard
from batchtui.tui.terminal.textual_fixes import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.message import Message

    from batchtui.tui.terminal.input_tokenizer import Token

POP_KEYBOARD_FLAGS = "\x1b[<u"
"""Takes back what Textual has asked of kitty's keyboard protocol."""
_AT_ONCE = 1 << 16
"""Bytes of one read: a paste comes in as few pieces as the terminal lets it."""

require(LinuxDriver, "run_input_thread", "_run_input_thread", "_query_in_band_window_resize")
require(LinuxDriver, "_sigtstp_application", "_sigcont_application")


def _read(terminal: int) -> bytes:
    """Return what was typed; nothing where the terminal has gone, which Linux says with EIO."""
    try:
        return os.read(terminal, _AT_ONCE)
    except OSError:
        return b""


class HasKeymap(Protocol):
    """An app that says which keys are in use, by command."""

    @property
    def keymap(self) -> Mapping[str, Sequence[str]]:
        """Key names by command id."""
        ...


class _Screen:
    """Where Textual's writer writes to. A terminal that has gone is written to in vain, and ends nobody's thread.

    Textual's queue to its writer holds thirty pieces; of a writer that died nobody would take them, and the loop would
    wait forever to put in the next.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()


class InputParser(XTermParser):
    """Turn what was read into Textual's messages. It gives Textual's parser one whole, known sequence at a time.

    What Textual cannot read after all is left out: neither does the dashboard end of it, nor does Textual take the rest
    of the sequence for keys.
    """

    def __init__(
        self, is_used: Callable[[str], bool], *, debug: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(debug)
        self._tokenizer = InputTokenizer(is_used, clock)

    def feed(self, data: str) -> Iterable[Message]:
        """Yield what was pressed, clicked and pasted."""
        for token in self._tokenizer.feed(data):
            yield from self._messages(token)

    def tick(self) -> Iterable[Message]:
        """Yield what is a key now because nothing has followed it."""
        for token in self._tokenizer.tick():
            yield from self._messages(token)

    @property
    def patience(self) -> float | None:
        """Seconds after which what came so far is a key, as a lone esc is; None where nothing is left open."""
        return self._tokenizer.patience

    def _messages(self, token: Token) -> list[Message]:
        if isinstance(token, PastedText):
            return [Paste(token.text)]
        if token == ESC:
            return [Key("escape", ESC)]
        if len(token) == len(ESC) + 1 and not is_known(token):  # alt and a key that somebody has given a meaning
            return list(self._sequence_to_key_events(token[1], alt=True))
        try:
            messages = list(super().feed(token))
        except Exception:  # noqa: BLE001 (the parser is not ours; no input may end the dashboard)
            messages = []
        if self._timeout_time is not None or self._tokens:
            self._begin_anew()
        return messages

    def _begin_anew(self) -> None:
        """Forget the sequence in which Textual's parser waits for more: the one it got was whole."""
        self._tokens.clear()
        self._gen = self.parse(self._tokens.append)
        self._awaiting = next(self._gen)
        self._timeout_time = None


class TerminalDriver(LinuxDriver):
    """Reads keys as Textual does, from the terminal and from a pipe that says when to stop."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = _Screen(cast("TextIO", self._file))  # type: ignore[assignment]
        self._guard = TerminalGuard()
        self._is_stopped = self._is_continued = False

    def start_application_mode(self) -> None:
        """Begin to read and to paint; also after a pause in which another program had the terminal."""
        if self._is_reading:
            # A terminal that goes sends SIGCONT with its SIGHUP, which Textual takes for coming back from a pause: of
            # two readers only one would hear that it is over, and the other would keep the process forever.
            self.disable_input()
            self.write(POP_KEYBOARD_FLAGS)  # they are pushed again, and popped only once at the end
        self._over, self._bell = os.pipe()
        before = self._take_keys()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if before is not None:
            self.attrs_before = before
            # On a thread: starting a process takes some milliseconds, and the first frame waits for this.
            Thread(target=self._guard.taken, args=(self.fileno, before), daemon=True).start()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        super().stop_application_mode()
        self.attrs_before = None

    def close(self) -> None:
        """Wait until all that was written has gone out."""
        super().close()
        self._guard.given_back()

    # Python runs a signal's handler between any two steps of the program. What Textual does in these may then wait for
    # the very queue that the step before was putting something into, forever: the loop does it, when it comes to it.

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        self._is_continued = True
        self._soon(self._go_on)

    def _go_on(self) -> None:
        """Take the terminal again, unless the dashboard has been left meanwhile: then nobody would give it back."""
        if self._auto_restart and (self._is_stopped or self._is_reading):
            self._is_stopped = False
            self.resume_application_mode()

    def _stop(self) -> None:
        """Give the terminal back and stop, until a shell continues this.

        Textual stops itself with SIGSTOP, which nobody would end where no shell waits (a terminal that was started with
        the dashboard). SIGTSTP is ignored by the kernel there.
        """
        self._is_continued = False
        if self._auto_restart and self._is_reading:
            self.suspend_application_mode()
            self._is_stopped = self._must_signal_resume = True
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        time.sleep(SETTLE_SECONDS)
        signal.signal(signal.SIGTSTP, before)
        if not self._is_continued:
            self._go_on()

    @property
    def _is_reading(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()

    def _soon(self, act: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # it is over
            self._loop.call_soon_threadsafe(act)

    def _take_keys(self) -> list[Any] | None:
        """Have every key from now on, as it is typed. Returns how the terminal was set before it was ours, if it is."""
        try:
            if os.tcgetpgrp(self.fileno) != os.getpgrp():  # to be stopped by the terminal for that is Textual's part
                return None
            before, ours = self.attrs_before, termios.tcgetattr(self.fileno)
            before = before or termios.tcgetattr(self.fileno)
            ours[tty.LFLAG], ours[tty.IFLAG] = self._patch_lflag(ours[tty.LFLAG]), self._patch_iflag(ours[tty.IFLAG])
            ours[tty.CC][termios.VMIN] = 1
            termios.tcsetattr(self.fileno, termios.TCSANOW, ours)
        except (OSError, termios.error):
            return None
        return before

    def _query_in_band_window_resize(self) -> None:
        """Do not ask for reports of a new size: SIGWINCH says it everywhere, and nobody else can send that."""

    def _is_used(self, key: str) -> bool:
        return any(key in keys for keys in cast("HasKeymap", self._app).keymap.values())

    def disable_input(self) -> None:
        """Stop reading; what is typed from now on is another program's. Safe to call again."""
        reader = self._key_thread
        if reader is None or not reader.is_alive():
            super().disable_input()
            return
        os.write(self._bell, b"!")
        super().disable_input()  # waits for the reader
        os.close(self._over)
        os.close(self._bell)

    def _run_input_thread(self) -> None:
        """Read keys; a failure here ends the dashboard as one on the loop does, and is logged in the same place."""
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 (handed on, whatever it is)
            self._soon(partial(self._app._handle_exception, error))  # noqa: SLF001 (Textual offers nothing else)

    def run_input_thread(self) -> None:
        """Read keys until it is over; on a thread."""
        parser = InputParser(self._is_used, debug=self._debug)
        decode = getincrementaldecoder("utf-8")(errors="surrogateescape").decode
        terminal, over = self.fileno, self._over
        while True:
            ready, _, _ = select.select([terminal, over], [], [], parser.patience)
            if over in ready:
                break
            data = _read(terminal) if ready else b""
            if ready and not data:  # it has gone: nothing will ever come
                # The kernel tells the foreground group alone, and that is an editor's while one is open.
                os.kill(os.getpid(), signal.SIGHUP)
                select.select([over], [], [])
                break
            keys = decode(data)
            for event in parser.feed(keys) if keys else parser.tick():
                self.process_message(event)
