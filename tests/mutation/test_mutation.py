"""A sample of mutants of the code that money depends on: nine tenths are noticed by the narrow tests of their group."""

from __future__ import annotations

import os
import sys

import pytest

from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.modules import GROUPS
from tests.mutation.runner import ROOT, all_mutants

SAMPLE = "10"
"""Mutants of each group. The whole takes about half an hour on two quiet cores: `python -m tests.mutation`."""

SAMPLED = ("registry", "verdict")
"""Groups whose tests take a second or two for a mutant. Those of `protocol` and `collect` go over HTTP and take ten
times as long: they are run by hand after work on them."""


@pytest.mark.long
@pytest.mark.parametrize("group", SAMPLED)
async def test_a_sample_of_mutants_is_noticed(group: str) -> None:
    import asyncio

    # A process of its own: it forks, and nothing of this test run may be forked with it.
    command = ("-m", "tests.mutation", group, "--sample", SAMPLE, "--seconds", "90")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.mark.long
@pytest.mark.parametrize("module", [module for group in GROUPS for module in group.modules])
def test_each_mutant_is_another_program(module: str) -> None:
    changed = [mutant.apply() for mutant in all_mutants(module)]
    for text in changed:
        compile(text, module, "exec")
    assert (ROOT / module).read_bytes() not in changed


def test_each_equivalent_mutant_is_still_one_of_the_code_and_has_its_reason() -> None:
    known = {mutant.name for group in GROUPS for module in group.modules for mutant in all_mutants(module)}
    assert set(EQUIVALENT) <= known, sorted(set(EQUIVALENT) - known)
    assert all(len(reason) > 20 for reason in EQUIVALENT.values())
