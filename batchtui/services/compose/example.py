"""Write an example to compose from: a small table, and a draft that fits it: `example_draft`."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import StorageError
from batchtui.services.compose.draft import Draft

if TYPE_CHECKING:
    from pathlib import Path

FILE = "example-tickets.csv"
TICKETS = (
    ("T-1001", "web", "The export stops at 90 % and says nothing. I tried three browsers."),
    ("T-1002", "mail", "I was billed twice in May, once for a seat that we gave back in March."),
    ("T-1003", "phone", "How do I add a colleague who should see reports but change nothing?"),
    ("T-1004", "web", "Since the update every date is shown a day too early for our office in Lisbon."),
    ("T-1005", "mail", "Please delete the account of our former intern and everything in it."),
    ("T-1006", "web", "A dark theme would be kind to those of us who work at night."),
    ("T-1007", "mail", "Your invoice has our old address. Who can change it?"),
    ("T-1008", "phone", "The app closes as soon as I open a report with more than a hundred pages."),
    ("T-1009", "web", "Could the weekly summary come on Monday morning instead of Sunday night?"),
    ("T-1010", "mail", "Thank you for the quick help yesterday, everything works again."),
    ("T-1011", "web", "The search finds «Müller» but not «Mueller». Both are the same customer."),
    ("T-1012", "phone", "We want to leave at the end of the month. What happens to our data?"),
)
"""Id, where it came from, and what it says."""
DRAFT = Draft(
    name="example",
    system="You sort the mail of a small software company. Be brief.",
    prompt="A customer writes, by {{ channel }}:\n\n<ticket>\n{{ text }}\n</ticket>\n\nWhat is it about?",
    answers="kind:bug|billing|question|wish|thanks|leaving\nurgent:boolean\nsummary",
    model="cheap",
    max_tokens=400,
    id="ticket",
)


def example_draft(folder: Path) -> Draft:
    """Return the draft that fits the example's table, which is written into this folder. Blocking.

    Raises:
        StorageError: the disk refuses.
    """
    return replace(DRAFT, data=str(write_example(folder)))


def write_example(folder: Path) -> Path:
    """Write the table into a folder, and return its file. Blocking.

    Raises:
        StorageError: the disk refuses.
    """
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Written anew each time: somebody may have edited it, and the draft fits these columns.
        with file.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows([("ticket", "channel", "text"), *TICKETS])
    except OSError as error:
        raise StorageError(f"The example could not be written: {error}.") from error
    return file


def without_example(draft: Draft) -> Draft:
    """Return a draft without what it still has of the example: another table has other columns and questions."""
    if not is_example(draft):
        return draft
    blank = Draft()
    left: dict[str, Any] = {
        field.name: getattr(blank, field.name)
        for field in fields(Draft)
        # Only what still is the example's: what the person has changed stays.
        if getattr(draft, field.name) == getattr(DRAFT, field.name)
    }
    return replace(draft, **left)


def is_example(draft: Draft) -> bool:
    """Whether a draft still stands on the example's table."""
    return PurePath(draft.data).name == FILE
