"""Say with keys what a hint says with commands of the command line: `hint_with_keys`.

Services write hints for the command line and the dashboard alike. What the dashboard can do is named by its key there;
a command without a counterpart (`resume --adopt ID`) stays as it is.
"""

from __future__ import annotations

import re

_IN_THE_LIST = "in the list of batches"
_INSTEAD = (
    # The dashboard waits anyway, so the sentence about waiting says what will happen.
    (r"`batchtui wait [^`]*` waits for [^.;]*", "Results are saved here when it ends"),
    (r"`batchtui resume(?! [^`]*--)[^`]*`", f"{{batches.resume}} {_IN_THE_LIST}"),
    (r"`batchtui sync`", f"{{batches.sync}} {_IN_THE_LIST}"),
    (r"`batchtui submit FILE`", f"{{batches.submit}} {_IN_THE_LIST}"),
    (r"`batchtui results (?![^`]*--)[^`]*`", "{batch.fetch} in the batch"),
    (r"`batchtui retry \S+ --max-tokens N`", "{retry.max-tokens} in a retry"),
    (r"`batchtui status [^`]*`", "{list.open} on it"),
    (r"`batchtui log[^`]*`", "{app.activity}"),
    (r"`batchtui config`", "{app.settings}"),
)
"""Patterns of commands in hints, and what is said in the dashboard: keys as `text_with_keys` takes them."""


def hint_with_keys(hint: str) -> str:
    """Return a hint with the keys of commands in braces, for `text_with_keys`, where the dashboard can do the same."""
    for command, key in _INSTEAD:
        hint = re.sub(command, key, hint)
    return hint
