"""Say which job was made from which: `lineage_words`, `lineage_document`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.lineage import JobRelation
from batchtui.text.batch_json import Document, moment
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.batches.lineage import JobRelative, Lineage

_OF_PARENT = {
    JobRelation.COMPOSED: "composed from {}",
    JobRelation.JUDGED: "judges {}",
    JobRelation.REVIEWED: "reviewed from {}",
}
_OF_CHILD = {
    JobRelation.COMPOSED: "{} is composed from it",
    JobRelation.JUDGED: "{} judges it",
    JobRelation.REVIEWED: "{} is from its review",
}


def lineage_words(lineage: Lineage) -> str:
    """Return the parents, then the children of a job, on one line; empty where it has none."""
    return "; ".join(_phrases(lineage))


def _phrases(lineage: Lineage) -> Iterator[str]:
    for relatives, phrases in ((lineage.parents, _OF_PARENT), (lineage.children, _OF_CHILD)):
        for relation, phrase in phrases.items():
            names = [one_line(one.name) for one in relatives if one.relation is relation]
            if names:
                plural = phrase.replace(" is ", " are ").replace(" judges it", " judge it")
                yield (phrase if len(names) == 1 else plural).format(", ".join(names))


def lineage_document(lineage: Lineage) -> Document:
    """Write the lineage of a job for scripts."""
    return {
        "parents": [_relative(one) for one in lineage.parents],
        "children": [_relative(one) for one in lineage.children],
    }


def _relative(relative: JobRelative) -> Document:
    return {
        "job": relative.job,
        "name": relative.name,
        "relation": str(relative.relation),
        "since": moment(relative.since),
    }
