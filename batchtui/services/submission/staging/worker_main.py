"""Serve one pass in the worker process: one job in, progress out, and at last the result: `serve`.

It ends by itself when its parent does, and leaves nothing behind then. Its imports are few, as its start is waited for.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.services.submission.staging.check_pass import run_staging
from batchtui.services.submission.staging.messages import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from batchtui.services.submission.staging.check_pass import ReadProgress, Staged, StagingJob

WORD_EVERY = 0.05
"""Seconds between two signs of life."""


class _ParentGone(BaseException):
    """The process that asked for the work has ended."""


def serve() -> None:
    """Run the pass that standard input describes, and write progress and result to standard output."""
    _load_checks()
    # Whatever else writes to the standard output must not get between the answers.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        job: StagingJob = decode(sys.stdin.buffer)
        try:
            answers.write(encode(_do(job, answers)))
            answers.flush()
        except (_ParentGone, BrokenPipeError):
            shutil.rmtree(job.folder, ignore_errors=True)
            sys.exit(1)


def _load_checks() -> None:
    """Import what checks and build its schema, while the parent still works out what is to be checked."""
    from batchtui.domain.limits import API_VERSION
    from batchtui.intake.schema.request import validator

    validator(API_VERSION)


def _do(job: StagingJob, answers: IO[bytes]) -> Staged | BatchtuiError:
    """Return what the pass came to. An unforeseen error ends the process; the parent then repeats the pass itself."""
    try:
        return run_staging(job, _teller(answers))
    except BatchtuiError as error:
        return error


def _teller(answers: IO[bytes]) -> Callable[[ReadProgress], None]:
    last = time.monotonic()

    def tell(reading: ReadProgress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= WORD_EVERY:
            last = now
            # The parent writes nothing after the job: what can be read is the end of the pipe, and the parent's.
            if select.select([sys.stdin], [], [], 0)[0]:
                raise _ParentGone
            answers.write(encode(reading))
            answers.flush()

    return tell
