"""Name a batch: short for a list, longer in a sentence, with its id: `part_name`, `part_label`, `batch_label`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.layout.widths import fit
from batchtui.text.safe import sanitize

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch

LONGEST_NAME = 60
"""Columns of a name: it may be a whole path."""


def part_name(batch: Batch) -> str:
    """Name a batch: its name, and its part and attempt where there are several."""
    # Cut before part and attempt are added: those are what tells the parts of a job apart.
    name = fit(sanitize(batch.name), LONGEST_NAME)
    part = " pilot" if batch.is_pilot else f" {batch.part}/{batch.parts}" if batch.parts > 1 else ""
    return f"{name}{part}" + (f" #{batch.attempt}" if batch.attempt > 1 else "")


def part_label(batch: Batch) -> str:
    """Name a part of a job in a sentence: `nightly part 2 of 3`. The name is not sanitised."""
    if batch.is_pilot:
        return f"{batch.name} (pilot)"
    return f"{batch.name} part {batch.part} of {batch.parts}" if batch.parts > 1 else batch.name


def batch_label(batch: Batch) -> str:
    """Name a batch so that a person and a script can find it again: `msgbatch_01… (nightly part 2 of 3)`."""
    name = sanitize(part_label(batch))
    if batch.id is None:
        return name
    # An imported batch has no other name than its id.
    return sanitize(batch.id) if batch.name == batch.id else f"{sanitize(batch.id)} ({name})"
