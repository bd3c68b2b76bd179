"""Hints of services name commands of the command line; the dashboard names its keys for what it can do itself."""

from __future__ import annotations

import re

import pytest

from batchtui.tui.commands.command_hints import hint_with_keys
from batchtui.tui.commands.table import BY_ID


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("`batchtui resume` sends it.", "{batches.resume} in the list of batches sends it."),
        ("`batchtui resume nightly` finishes it", "{batches.resume} in the list of batches finishes it"),
        ("`batchtui results ID` saves them.", "{batch.fetch} in the batch saves them."),
        ("`batchtui wait ID` waits for it and saves its results.", "Results are saved here when it ends."),
        ("`batchtui wait j` waits for it and saves its results; more", "Results are saved here when it ends; more"),
        ("`batchtui status job_1` shows its attempts.", "{list.open} on it shows its attempts."),
        ("`batchtui log` shows the API's responses.", "{app.activity} shows the API's responses."),
        (
            "`batchtui retry nightly --max-tokens N` sends the truncated ones again with a higher limit.",
            "{retry.max-tokens} in a retry sends the truncated ones again with a higher limit.",
        ),
    ],
)  # fmt: skip
def test_a_hint_names_the_key_of_what_the_dashboard_can_do(hint: str, said: str) -> None:
    assert hint_with_keys(hint) == said
    assert set(re.findall(r"\{([a-z.-]+)\}", said)) <= set(BY_ID)


@pytest.mark.parametrize(
    "hint",
    [
        "`batchtui resume nightly --adopt msgbatch_01` adopts it without proof.",
        "`batchtui results ID --salvage OUTPUT` exports what can be read.",
        "`batchtui doctor` examines the connection.",
        'Write {{ row["Order ID"] }} for the column.',
        "",
    ],
)
def test_a_command_without_a_key_stays(hint: str) -> None:
    assert hint_with_keys(hint) == hint
