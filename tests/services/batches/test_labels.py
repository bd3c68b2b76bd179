"""Labels: how tags are typed, and what the registry keeps of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchtui.domain.errors import UsageError
from batchtui.services.batches.labels import LabelEdit, label, read_tags, written_tags
from tests.support.builders import job, part

if TYPE_CHECKING:
    from batchtui.services.workspace import Workspace


@pytest.mark.parametrize(
    ("typed", "labelling"),
    [
        ("", LabelEdit(tags=())),
        ("a b, c a", LabelEdit(tags=("a", "b", "c"))),
        ('"two words" b', LabelEdit(tags=("two words", "b"))),
        ("+a -b", LabelEdit(add=("a",), remove=("b",))),
        ("c +a", LabelEdit(add=("c", "a"))),
        ('-"two words"', LabelEdit(remove=("two words",))),
    ],
)
def test_tags_are_read_as_they_are_typed(typed: str, labelling: LabelEdit) -> None:
    assert read_tags(typed) == labelling


@pytest.mark.parametrize("tags", [(), ("a",), ("a b", "c"), ("-a", "+b", "c,d")])
def test_written_tags_are_read_as_they_were(tags: tuple[str, ...]) -> None:
    assert read_tags(written_tags(tags)).tags == tags


async def test_a_change_is_journaled_with_the_former_name_and_what_is_the_same_is_not(workspace: Workspace) -> None:
    await workspace.registry.jobs.plan(job(), [part()])
    await label(workspace, ["job_1", "job_1", "job_none"], LabelEdit(name=" later ", add=("a",)))
    assert await label(workspace, ["job_1"], LabelEdit(name="later")) == []
    entries = [entry for entry in await workspace.registry.journal.entries() if entry.event == "job.labelled"]
    assert [entry.detail for entry in entries] == ['{"name": "later", "before": "nightly", "tags": "a"}']


async def test_batches_of_a_labelled_job_count_as_changed(workspace: Workspace) -> None:
    keys = await workspace.registry.jobs.plan(job(), [part(1), part(2)])
    before = (await workspace.registry.queries.tally()).revision
    await label(workspace, ["job_1"], LabelEdit(note="why"))
    changed = await workspace.registry.queries.changed_since(before)
    assert [(batch.key, batch.note) for batch in changed] == [(key, "why") for key in keys]


@pytest.mark.parametrize("labelling", [LabelEdit(name=" "), LabelEdit(name="x" * 201), LabelEdit(add=("",))])
async def test_labels_that_cannot_be_are_refused(workspace: Workspace, labelling: LabelEdit) -> None:
    with pytest.raises(UsageError):
        await label(workspace, ["job_1"], labelling)
