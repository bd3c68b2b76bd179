"""The modules that are changed, and for each group of them the tests that have to notice."""

from __future__ import annotations

from typing import NamedTuple


class Group(NamedTuple):
    """Modules, and the tests that concern them: narrow ones, so that a mutant is found out in a second or two."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


GROUPS = (
    Group(
        "registry",
        (
            "batchtui/registry/batches/foreign_rows.py",
            "batchtui/registry/leases.py",
            "batchtui/registry/database/migrations.py",
            "batchtui/registry/database/origin.py",
            "batchtui/registry/sends/binding.py",
            "batchtui/registry/sends/sends.py",
            "batchtui/registry/sends/verdicts.py",
            "batchtui/registry/batches/transitions.py",
        ),
        (
            "tests/registry/batches/test_batches.py",
            "tests/registry/test_leases.py",
            "tests/registry/database/test_migrations.py",
            "tests/registry/test_notices.py",
            "tests/registry/sends/test_copies.py",
            "tests/registry/sends/test_sends.py",
            "tests/registry/sends/test_verdicts.py",
        ),
    ),
    Group(
        "verdict",
        (
            "batchtui/domain/submission/send_evidence.py",
            "batchtui/domain/batches/states.py",
            "batchtui/services/submission/verdict.py",
        ),
        (
            "tests/registry/batches/test_states.py",
            "tests/services/submission/test_verdict.py",
        ),
    ),
    Group(
        "protocol",
        (
            "batchtui/domain/submission/ids_digest.py",
            "batchtui/services/submission/proof.py",
            "batchtui/services/submission/reconcile.py",
            "batchtui/services/submission/send.py",
        ),
        (
            "tests/services/submission/test_evidence_gathering.py",
            "tests/services/submission/test_lost_answers.py",
            "tests/services/submission/test_once.py",
            "tests/services/submission/test_once_at_the_edge.py",
            "tests/services/submission/test_whose_batch.py",
            "tests/simulation/test_found.py",
        ),
    ),
    Group(
        "collect",
        ("batchtui/services/results/collect.py",),
        (
            "tests/services/results/test_bounds.py",
            "tests/services/results/test_collect.py",
            "tests/services/polling/test_collector.py",
            "tests/services/results/test_fetch_retries.py",
            "tests/services/spending/test_accounting.py",
            "tests/services/results/test_whole_and_ours.py",
        ),
    ),
)
"""The protocol of sending once, what the registry writes about it, and what is done with results."""

RELEASED = {
    "batchtui/registry/database/migrations.py": {
        "FIRST_SCHEMA", "SPENDING", "NOTICES", "CATEGORIES", "EXPECTED", "OUTCOMES",
    },
}  # fmt: skip
"""Constants that are left as they are: steps of the schema that have run on people's disks are never edited, and a new
registry that differs from theirs is found by the tests that open theirs."""
