# ruff: noqa: E501 - the names of mutants are as long as the code that they change
"""Mutants that change nothing that anybody could see, each with the reason."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {
    "batchtui/registry/batches/foreign_rows.py:merge_foreign:"
    ' await tx.execute("DELETE FROM spending WHERE batch_key = ?", (new,)) -> pass': (
        "nothing is counted as spent before a part has a batch, so there is nothing to take away"
    ),
    "batchtui/registry/batches/foreign_rows.py:_merge_labels:"
    " theirs is None or ours is None -> (theirs is None) and (ours is None)": (
        "each batch has its job (a foreign key), so neither is ever missing"
    ),
    "batchtui/registry/database/origin.py:Origin.keep_beside:"
    " sends <= self._sends_beside() -> sends < self._sends_beside()": (
        "the same number is written once more over itself"
    ),
    "batchtui/services/submission/verdict.py:_judge_entries: now < closes + STUBBORN -> now <= closes + STUBBORN": (
        "only at that very microsecond a person is asked, or one more look is taken"
    ),
    "batchtui/registry/database/migrations.py:: tate NOT IN ('planned', 'submitting', 'unknown') -> tate NOT IN ('planned', 'none', 'unknown')": (
        "a part in that state has no id yet, so the column is empty either way"
    ),
    "batchtui/registry/database/migrations.py:: planned', 'submitting', 'unknown') AND adopte -> planned', 'submitting', 'none') AND adopte": (
        "a part in that state has no id yet, so the column is empty either way"
    ),
    "batchtui/registry/database/migrations.py:migrate: refuse_newer(version, path) -> pass": (
        "opening refuses a newer file before; this is for one that another process has migrated in between"
    ),
    "batchtui/registry/batches/transitions.py:apply_remote: BatchState.MISSING -> BatchState.DELETED": (
        "the API's answer never leads to either state"
    ),
}
"""Name of the mutant, as `python -m tests.mutation` prints it, to the reason why no test can notice it."""
