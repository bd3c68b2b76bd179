"""Find out what is wrong with a record: whether it is JSON, a request, or a line of another service: `diagnose`."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from batchtui.domain.limits import CUSTOM_ID_PATTERN
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.foreign_lines import foreign_line
from batchtui.intake.records.reader import DOUBLE_ENCODED

if TYPE_CHECKING:
    from collections.abc import Iterator

_CUSTOM_ID = re.compile(CUSTOM_ID_PATTERN)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ENVELOPE = frozenset({"custom_id", "params"})
_OPENING = '{"custom_id": "…", "params": {"model", "max_tokens", "messages"}}'


class DiagnosedRecord(NamedTuple):
    """A record that was read."""

    value: dict[str, Any] | None
    """The object; None where there is none."""
    custom_id: str | None
    """As it stands there, however wrong, so that the problem can name it."""
    faults: list[CheckFault]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it as JSON."""
        return not any(fault.severity is Severity.ERROR for fault in self.faults)


def diagnose(line: bytes) -> DiagnosedRecord:
    """Parse one record and say whether it is a JSON object; nothing of its content is looked at."""
    try:
        text = line.decode()
    except UnicodeDecodeError as fault:
        # Nearly all text that is not UTF-8 comes from Windows, where the two encodings differ in a few signs only.
        hint = "convert the file to UTF-8 (it looks like Latin-1 or Windows-1252: iconv -f WINDOWS-1252 -t UTF-8)"
        message = f"byte {fault.start + 1} of the line (0x{line[fault.start]:02x}) is not UTF-8"
        return DiagnosedRecord(None, None, [CheckFault("not-utf8", message, hint)])
    repeated: list[str] = []
    constants: list[str] = []
    try:
        # Python's parser and not pydantic's: it tells of repeated keys and of NaN, and where exactly it stopped.
        value = json.loads(text, object_pairs_hook=partial(_build, repeated), parse_constant=constants.append)
    except json.JSONDecodeError as fault:
        return DiagnosedRecord(None, None, [_not_json(fault, text)])
    except RecursionError:
        return DiagnosedRecord(
            None, None, [CheckFault("too-deep", "it is nested too deeply to be read", "make it flatter")]
        )
    except ValueError:
        return DiagnosedRecord(
            None,
            None,
            [CheckFault("number-too-long", "a number has thousands of digits", "write it as text")],
        )
    faults = list(_oddities(line, value, repeated, constants))
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        return DiagnosedRecord(None, None, [*faults, CheckFault("json-string", *DOUBLE_ENCODED)])
    if not isinstance(value, dict):
        return DiagnosedRecord(
            None, None, [*faults, CheckFault("not-object", "it is JSON, but not an object", f"a request is {_OPENING}")]
        )
    custom_id = value.get("custom_id")
    return DiagnosedRecord(value, custom_id if isinstance(custom_id, str) else None, faults)


def _build(repeated: list[str], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, noting a key that is in it twice."""
    made = dict(pairs)
    if len(made) != len(pairs):
        keys = [key for key, _ in pairs]
        repeated.append(next(key for i, key in enumerate(keys) if key in keys[:i]))
    return made


def _oddities(line: bytes, value: Any, repeated: list[str], constants: list[str]) -> Iterator[CheckFault]:
    """Yield what Python reads and others do not."""
    if constants:
        yield CheckFault("nan", "it contains NaN or Infinity", "JSON has no such numbers; use null or leave it out")
    if repeated:
        message = f'the key "{repeated[0][:60]}" appears twice in one object'
        yield CheckFault("duplicate-key", message, "only the last one counts", Severity.WARNING)
    # The search first: most lines hold no such escape, and encoding the whole value costs more.
    if _SURROGATE.search(line) and _has_lone_surrogate(value):
        yield CheckFault("lone-surrogate", "it contains half of a character (a lone surrogate)", "it is not valid text")


def envelope_faults(value: dict[str, Any]) -> list[CheckFault]:
    """Return the faults of the envelope: its keys, and the custom_id."""
    foreign = _foreign(value)
    if foreign is not None:
        return [foreign]
    faults = [*custom_id_faults(value)]
    if "params" not in value:
        faults.append(CheckFault("params-missing", "params is missing", _params_hint(value)))
    elif isinstance(value["params"], str) and value["params"].lstrip().startswith("{"):
        message = "params is a JSON string with an object in it: it was encoded twice"
        faults.append(CheckFault("json-string", message, "write the object itself: jq -c '.params |= fromjson' FILE"))
    elif not isinstance(value["params"], dict):
        faults.append(CheckFault("params-type", "params must be an object", f"a request is {_OPENING}"))
    # A warning only: the key is left out of what is sent, so nothing fails.
    extra = [key for key in value if key not in _ENVELOPE]
    if extra and "params" in value:
        message = f'the key "{extra[0][:60]}" beside custom_id and params is not sent'
        faults.append(
            CheckFault("unknown-envelope-key", message, "only these two are sent", Severity.WARNING, extra[0][:60])
        )
    return faults


def custom_id_faults(value: dict[str, Any]) -> list[CheckFault]:
    """Return the faults of a custom_id."""
    if "custom_id" not in value:
        hint = "every request needs one, to find its result by"
        return [CheckFault("custom-id-missing", "custom_id is missing", hint)]
    custom_id = value["custom_id"]
    if not isinstance(custom_id, str):
        return [CheckFault("custom-id-type", "custom_id must be a string", f'for example "{custom_id}"'[:80])]
    if _CUSTOM_ID.fullmatch(custom_id):
        return []
    if not custom_id:
        return [CheckFault("custom-id-length", "custom_id is empty", "1 to 64 letters, digits, _ and -")]
    if len(custom_id) > 64:
        hint = "shorten it; batchtui compose makes ids legal and keeps the mapping"
        return [CheckFault("custom-id-length", f"custom_id has {len(custom_id)} characters, 64 are allowed", hint)]
    legal = re.sub(r"[^a-zA-Z0-9_-]", "_", custom_id)
    hint = f'for example "{legal}"; batchtui compose makes ids legal and keeps the mapping'
    return [CheckFault("custom-id-pattern", "custom_id may contain only letters, digits, _ and -", hint)]


def _params_hint(value: dict[str, Any]) -> str:
    """Find what was meant to be params."""
    for key in ("param", "parameters", "request", "message", "body", "Params"):
        if isinstance(value.get(key), dict):
            return f'is "{key}" meant to be "params"?'
    if "messages" in value:
        return 'put model, max_tokens and messages into "params"'
    return f"a request is {_OPENING}"


def _foreign(value: dict[str, Any]) -> CheckFault | None:
    """Recognise an object of another kind of file."""
    if (other := foreign_line(value)) is not None:
        return other
    if "messages" in value and "params" not in value and "custom_id" not in value:
        hint = f"put it into an envelope: {_OPENING}"
        return CheckFault("bare-params", "these are the params of a request without their envelope", hint)
    if isinstance(value.get("requests"), list) and "params" not in value:
        hint = 'write "requests" as the first key of the file'
        return CheckFault("requests-wrapper", 'this is a whole {"requests": […]} where one request should be', hint)
    return None


def _not_json(fault: json.JSONDecodeError, text: str) -> CheckFault:
    """Return the fault of a record that is not JSON, with the likely reason."""
    where = f"invalid JSON at character {fault.pos + 1}: {fault.msg[:1].lower()}{fault.msg[1:]}"
    if fault.msg.startswith("Extra data") and text[fault.pos :].strip() == ",":
        return CheckFault(
            "not-json", "there is a comma after the object", "remove it: sed 's/,[[:space:]]*$//' FILE", kind="comma"
        )
    if fault.msg.startswith("Extra data"):
        hint = "one request per line; is a newline missing?"
    elif text[fault.pos : fault.pos + 1] == "'":
        hint = "strings need double quotes"
    elif fault.pos >= len(text) - 1 or fault.msg.startswith("Unterminated"):
        hint = "the line is incomplete, or the request continues on the next line (jq -c puts each on one line)"
    elif fault.msg.startswith("Invalid control character"):
        hint = "a line break or a tab inside a string is written \\n or \\t"
    elif fault.msg.startswith("Invalid \\escape"):
        hint = "a backslash is written \\\\"
    elif text[fault.pos : fault.pos + 1] in ("}", "]"):
        hint = "is there a comma too many?"
    elif text[fault.pos : fault.pos + 4] in ("None", "True", "Fals"):
        hint = "this is Python: JSON writes null, true and false"
    else:
        hint = ""
    return CheckFault("not-json", where, hint, kind=fault.msg.split(":")[0])


def _has_lone_surrogate(value: Any) -> bool:
    """Whether some text in it cannot be encoded."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (RecursionError, ValueError):
        return False
    return False
