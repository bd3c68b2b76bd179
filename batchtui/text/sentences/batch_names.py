"""Name a batch: short for a list, longer in a sentence, with its id: `part_name`, `part_label`, `batch_label`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.layout.widths import fit
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch, BatchSummary

LONGEST_NAME = 60
"""Columns of a name: it may be a whole path."""


def part_number(batch: BatchSummary) -> str:
    """Return which part of its job a batch is: `2/3`, `pilot`, or nothing where it is the only one."""
    if batch.is_pilot:
        return "pilot"
    return f"{batch.part}/{batch.parts}" if batch.parts > 1 else ""


def part_phrase(batch: BatchSummary) -> str:
    """Return the same in words: `part 2 of 3`, `the pilot`."""
    return "the pilot" if batch.is_pilot else f"part {batch.part} of {batch.parts}"


def part_name(batch: Batch) -> str:
    """Name a batch: its name, and its part and attempt where there are several."""
    # Cut before part and attempt are added: those are what tells the parts of a job apart.
    name = fit(sanitize(batch.name), LONGEST_NAME)
    return f"{name} {part_number(batch)}".rstrip() + (f" #{batch.attempt}" if batch.attempt > 1 else "")


def part_label(batch: Batch) -> str:
    """Name a part of a job in a sentence: `nightly part 2 of 3`. The name is not sanitised."""
    return f"{batch.name} {part_phrase(batch)}" if batch.parts > 1 or batch.is_pilot else batch.name


def batch_label(batch: Batch) -> str:
    """Name a batch so that a person and a script can find it again: `msgbatch_01… (nightly part 2 of 3)`."""
    name = sanitize(part_label(batch))
    if batch.id is None:
        return name
    # An imported batch has no other name than its id.
    return sanitize(batch.id) if batch.name == batch.id else f"{sanitize(batch.id)} ({name})"
