"""Report progress while requests are sent: `send_listener`."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from batchtui.cli.exit_codes import ExitCode
from batchtui.text.durations import countdown
from batchtui.text.numbers import amount, size
from batchtui.text.sentences.batch_names import part_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.cli.output.stderr import Stderr
    from batchtui.domain.notice import Notice
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


def send_listener(notes: Stderr) -> Callable[[SendEvent], None]:
    """Return a listener that writes the events of a submission: progress on a terminal, important ones as remarks."""
    last = 0.0

    def tell(event: SendEvent) -> None:
        nonlocal last
        if event.kind == "uploading":
            # Ten times a second: a chunk of 2 MB takes less, and each line costs a write to the terminal.
            if time.monotonic() - last > 0.1:
                last = time.monotonic()
                notes.progress(f"{part_label(event.batch)}: {size(event.sent)} of {size(event.batch.bytes)} sent")
        elif words := _WORDS.get(event.kind):
            notes.say(f"{part_label(event.batch)}: {words(event)}")

    return tell


def end_of_sending(notes: Stderr, submitted: Submitted) -> ExitCode:
    """Write which parts were not sent. Returns the exit code."""
    if submitted.unknown:
        return ExitCode.FATE_UNKNOWN
    if submitted.waiting:
        notes.say(
            f"{amount(len(submitted.waiting), 'part')} not sent yet: `batchtui resume`, `batchtui wait` or the"
            " dashboard send the waiting parts."
        )
    return ExitCode.DONE


def next_steps(notes: Stderr, submitted: Submitted) -> None:
    """Write the commands that come next for what was sent, ready to be copied."""
    batches = submitted.batches
    named = batches[0].id if len(batches) == 1 and batches[0].id else submitted.job.id
    steps = (
        (f"batchtui wait {named}", "waits for the end and saves the results"),
        (f"batchtui status {named}", "shows its progress"),
        (f"batchtui results {named} FILE.csv", "writes the answers to a file, once it has ended"),
    )
    say_next(notes, steps)


def say_next(notes: Stderr, steps: Sequence[tuple[str, str]]) -> None:
    """Write commands and what they do, one per line."""
    room = max(len(step) for step, _ in steps)
    notes.say(
        "\n".join(f"{'Next:' if not at else '':5} {step:<{room}}  {does}" for at, (step, does) in enumerate(steps))
    )


def terminal_notifier(notes: Stderr, workspace: Workspace) -> Callable[[Sequence[Notice]], None] | None:
    """Return a function that rings the terminal as the settings say; None where there is no terminal."""
    from batchtui.services.notifications.channels import terminal_sequences

    if not notes.is_terminal:
        return None
    # stderr and not stdout, which may be a pipe while a person watches the progress.
    return lambda notices: notes.signal(terminal_sequences(notices, workspace.settings.notify, os.environ))


_WORDS: dict[str, Callable[[SendEvent], str]] = {
    "waiting": lambda event: (
        f"refused {amount(event.attempts, 'time')}; next try in {countdown(event.seconds)}. {event.message}"
    ),
    "looking": lambda event: (
        "no response to the create request; looking for it at the API."
        # A shorter wait is over before a person has read of it.
        + (f" It is certain in {countdown(event.seconds)}." if event.seconds > 10 else "")
    ),
    "adopted": lambda event: (
        f"no response to the create request, and {event.batch.id} fits"
        + ("; its results will confirm it." if event.batch.is_unproved else ": its results confirm it.")
    ),
    "unknown": lambda _: "unknown whether it was created. `batchtui resume` looks for it again.",
    "account": lambda event: f"its account was not known; assuming {event.message}.",
    "queued": lambda event: f"waits. {event.message or event.batch.reason}",
}
