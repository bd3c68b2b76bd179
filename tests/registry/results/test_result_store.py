"""The result store: bytes as they came, an index beside them, and no half file that looks whole."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.errors import ResultsUnavailable, StorageError
from batchtui.domain.results.result import Outcome
from batchtui.registry.requests.store import RequestStore
from batchtui.registry.results.download import DownloadBusy
from batchtui.registry.results.store import ResultStore
from batchtui.registry.results.summary import IdMismatch, ResultSummary
from tests.support.lines import bare, encoded, errored, succeeded, tool_use
from tests.support.results import a_batch, keep, keep_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchtui.registry.results.reader import ResultReader

LINES = [
    succeeded("r-3", "Three, at last.", usage={"input_tokens": 10, "output_tokens": 4}),
    errored("r-1", message="messages.1: Field required"),
    succeeded("r-5", "Fi", stop_reason="max_tokens"),
    errored("r-2", message="messages.22: Field required"),
    bare("r-4", "expired"),
    succeeded("r-6", tool_use("f", {"city": "Zürich"}), stop_reason="tool_use"),
]


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


@pytest.fixture
def reader(store: ResultStore) -> Iterator[ResultReader]:
    keep(store, a_batch(), b"\n".join(LINES) + b"\n")
    with store.reader(a_batch()) as opened:
        yield opened


def test_bytes_stay_exactly_as_they_came(store: ResultStore) -> None:
    raw = b"\n" + LINES[0] + b"\r\n\n   \n" + LINES[1].replace(b"Field", "Fe\u2028ld".encode()) + b"\r\n" + LINES[2]
    keep(store, a_batch(), raw)
    assert store.paths(a_batch()).raw.read_bytes() == raw
    with store.reader(a_batch()) as reader:
        assert reader.count == 3
        assert reader.raw(1) == LINES[0]
        assert "\u2028" in reader.raw(2).decode()
        assert reader.raw(3) == LINES[2]


def test_files_are_for_their_owner_alone(store: ResultStore, reader: ResultReader) -> None:
    paths = store.paths(a_batch())
    assert store.folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (paths.raw, paths.index)} == {0o600}
    assert sorted(path.name for path in store.folder.iterdir()) == [paths.index.name, paths.raw.name]


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "a/b", "..", "", "x" * 300, "\x00\n", "é"])
def test_an_id_from_outside_names_no_other_folder(store: ResultStore, hostile: str) -> None:
    paths = store.paths(dataclasses.replace(a_batch(), id=hostile))
    assert paths.raw.parent == store.folder
    assert paths.raw.name.startswith("1-")
    assert len(paths.raw.name) < 100


def test_the_summary_counts_what_came(reader: ResultReader) -> None:
    summary = reader.summary
    assert summary.results == 6
    assert summary.types == {"succeeded": 3, "errored": 2, "expired": 1}
    assert summary.outcomes == {
        Outcome.SUCCEEDED: 1,
        Outcome.ERRORED: 2,
        Outcome.TRUNCATED: 1,
        Outcome.EXPIRED: 1,
        Outcome.TOOL_USE: 1,
    }
    assert summary.usage.input_tokens == 10 + 14 + 14
    assert summary.models == ("claude-haiku-5-5",)
    assert (summary.duplicates, summary.unreadable, summary.ids) == (0, 0, None)


def test_a_summary_survives_the_index() -> None:
    summary = ResultSummary(2, 10, {"": 1}, {Outcome.ERRORED: 1}, usage=_usage(), ids=IdMismatch(1, 2, ("a",), ("b",)))
    assert ResultSummary.from_json(summary.to_json()) == summary
    assert summary.unreadable == 1


def _usage() -> Any:
    from batchtui.domain.results.usage import Usage

    return Usage(1, 2, 3, 4, 5, 6, 7)


def test_without_a_filter_the_order_is_a_range(reader: ResultReader) -> None:
    assert reader.order() == range(1, 7)


@pytest.mark.parametrize(
    ("outcomes", "seqs"),
    [
        ({Outcome.ERRORED}, [2, 4]),
        ({Outcome.ERRORED, Outcome.SUCCEEDED}, [1, 2, 4]),
        ({Outcome.REFUSED}, []),
        (set(Outcome), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_order_by_outcome_is_that_of_arrival(reader: ResultReader, outcomes: set[Outcome], seqs: list[int]) -> None:
    assert list(reader.order(outcomes)) == seqs
    assert [seq for seq, chosen in enumerate(reader.mask(outcomes)) if chosen and seq] == seqs


def test_a_group_of_failures_knows_its_results(reader: ResultReader) -> None:
    group = reader.groups[0]
    assert (group.count, group.pattern, group.example_id) == (2, "messages.#: Field required", "r-1")
    assert list(reader.order(group=group.id)) == [2, 4]


def test_a_page_is_in_the_order_asked_for(reader: ResultReader) -> None:
    page = reader.page([5, 1, 2])
    assert [facts.custom_id for facts in page] == ["r-4", "r-3", "r-1"]
    assert [facts.outcome for facts in page] == [Outcome.EXPIRED, Outcome.SUCCEEDED, Outcome.ERRORED]
    assert page[1].usage.output_tokens == 4
    assert (page[2].error_type, page[2].message) == ("invalid_request_error", "messages.1: Field required")


def test_facts_lead_to_the_bytes(reader: ResultReader) -> None:
    facts = reader.find("r-5")
    assert facts is not None
    assert (facts.seq, reader.at(facts.offset, facts.length), reader.raw(facts.seq)) == (3, LINES[2], LINES[2])


def test_an_unknown_custom_id_is_not_found(reader: ResultReader) -> None:
    assert reader.find("r-99") is None


@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("three, AT last", [1]),
        ("field required", [2, 4]),
        ("R-5", [3]),
        ("zürich", [6]),
        ("message", [2, 4]),  # names of keys are no hits, words of messages are
        ("stop_reason", []),
        ("invalid_request", []),
        ("nowhere", []),
        ("", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_search_looks_at_what_was_said(reader: ResultReader, text: str, seqs: list[int]) -> None:
    assert list(reader.search(text)) == seqs


@pytest.mark.parametrize("spelled", ['say \\"hi\\"', "line one\\nline two", "caf\\u00e9", "caf\u00e9"])
def test_search_knows_how_json_spells(store: ResultStore, spelled: str) -> None:
    line = succeeded("a", "@").replace(b"@", spelled.encode())
    keep(store, a_batch(), line + b"\n")
    spoken = spelled.encode().decode("unicode_escape") if spelled.isascii() else spelled
    with store.reader(a_batch()) as reader:
        assert list(reader.search(spoken)) == [1]


@pytest.mark.parametrize(
    ("spelled", "text"),
    [
        ("caf\\u00e9", "00e9"),  # the spelling of a sign is no word of it
        ("caf\\u00e9", "u00"),
        ("line one\\nline two", "nline"),
        ('it says \\"yes\\"', '"type'),
        ("the end", "end_turn"),  # after the text, not in it
    ],
)
def test_search_finds_nothing_in_how_json_spells(store: ResultStore, spelled: str, text: str) -> None:
    keep(store, a_batch(), succeeded("a", "@").replace(b"@", spelled.encode()) + b"\n")
    with store.reader(a_batch()) as reader:
        assert list(reader.search(text)) == []


def test_search_tells_how_far_it_is_and_can_be_stopped(store: ResultStore) -> None:
    keep(store, a_batch(), b"".join(succeeded(f"r-{n}", "x" * 400_000) + b"\n" for n in range(20)))
    told: list[tuple[int, int]] = []
    with store.reader(a_batch()) as reader:
        reader.search("xyz", on_progress=lambda done, total: told.append((done, total)), is_stopped=lambda: True)
    assert len(told) == 1
    assert 0 < told[0][0] < told[0][1]


def test_results_that_are_not_saved_are_not_there(store: ResultStore) -> None:
    with pytest.raises(ResultsUnavailable):
        store.reader(a_batch())


def test_downloaded_bytes_count_for_nothing_before_the_commit(store: ResultStore) -> None:
    with store.download(a_batch()) as download:
        download.write(LINES[0])
        download.finish()
    assert not store.has(a_batch())
    assert [path.name for path in store.folder.iterdir()] == [store.paths(a_batch()).part.name]


def test_a_download_without_a_byte_leaves_nothing(store: ResultStore) -> None:
    with store.download(a_batch()):
        pass
    assert list(store.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"abcdef", b"abcdefgh"), (b"abcdef", b"abXdefgh"), (b"abcdef", b"abcd"), (b"abc", b"xyz"), (b"abc", b"abc")],
)
def test_a_second_try_ends_with_exactly_what_it_was_sent(store: ResultStore, before: bytes, after: bytes) -> None:
    with store.download(a_batch()) as download:
        download.write(before)
    with store.download(a_batch()) as download:
        for byte in range(0, len(after), 2):
            download.write(after[byte : byte + 2])
        download.finish()
    assert store.paths(a_batch()).part.read_bytes() == after


def test_a_try_that_breaks_off_early_takes_nothing_away(store: ResultStore) -> None:
    with store.download(a_batch()) as download:
        download.write(b"abcdef")
    with store.download(a_batch()) as download:
        download.write(b"abc")
    assert store.paths(a_batch()).part.read_bytes() == b"abcdef"


def test_only_one_writes_at_a_time(store: ResultStore) -> None:
    with store.download(a_batch()) as download:
        download.write(b"abc")
        with pytest.raises(DownloadBusy):
            store.download(a_batch())
    store.download(a_batch()).close()


@pytest.mark.parametrize("damage", ["missing", "other version", "garbage", "of another file"])
def test_an_index_that_does_not_serve_is_built_again(store: ResultStore, reader: ResultReader, damage: str) -> None:
    reader.close()
    paths = store.paths(a_batch())
    if damage == "missing":
        paths.index.unlink()
    elif damage == "garbage":
        paths.index.write_bytes(b"no database at all" * 100)
    elif damage == "other version":
        content = bytearray(paths.index.read_bytes())
        content[60:64] = (99).to_bytes(4, "big")  # user_version in SQLite's header
        paths.index.write_bytes(content)
    else:
        paths.raw.write_bytes(paths.raw.read_bytes() + succeeded("r-7", "more") + b"\n")
    with store.reader(a_batch()) as again:
        assert again.find("r-5") is not None
        assert again.count == (7 if damage == "of another file" else 6)


def test_custom_ids_are_compared_with_those_that_were_sent(store: ResultStore, tmp_path: Path) -> None:
    requests = RequestStore(tmp_path / "requests")
    keep_requests(requests, ["r-1", "r-2", "r-8", "r-9"])
    with requests.reader("job_1") as sent:
        summary = keep(store, a_batch(), b"\n".join(LINES[:4]), requests=sent)
    assert summary.ids == IdMismatch(2, 2, ("r-8", "r-9"), ("r-3", "r-5"))


def test_custom_ids_that_all_agree(store: ResultStore, tmp_path: Path) -> None:
    requests = RequestStore(tmp_path / "requests")
    keep_requests(requests, ["r-1", "r-3"])
    with requests.reader("job_1") as sent:
        summary = keep(store, a_batch(), b"\n".join(LINES[:2]), requests=sent)
    assert summary.ids == IdMismatch()


def test_thousands_of_blank_lines_count_for_nothing(store: ResultStore) -> None:
    assert keep(store, a_batch(), LINES[0] + b"\n" * 5000 + LINES[1]).results == 2


def test_repeated_custom_ids_are_counted(store: ResultStore) -> None:
    assert keep(store, a_batch(), b"\n".join([LINES[0], LINES[0], LINES[1]])).duplicates == 1


def test_hostile_lines_are_indexed_like_any_other(store: ResultStore) -> None:
    lines = [
        succeeded("a\x00b", "\x1b[31m[red]\u202e"),
        b'{"custom_id":"\\ud800","result":{"type":"\\udfff"}}',
        b"\xff\xfe",
        b"[" * 50_000,
        encoded(
            {"custom_id": "deep", "result": {"type": "succeeded", "message": {"model": "m", "usage": {"x": [[]]}}}}
        ),
        succeeded("big", "x" * 10_000_000, usage={"input_tokens": 10**30}),
    ]
    keep(store, a_batch(), b"\n".join(lines))
    with store.reader(a_batch()) as reader:
        assert reader.count == 6
        assert [len(reader.raw(seq)) for seq in range(1, 7)] == [len(line) for line in lines]
        assert reader.page(range(1, 7))[0].message == "\x1b[31m[red]\u202e"
        assert reader.summary.unreadable == 2


def test_removing_leaves_nothing(store: ResultStore, reader: ResultReader) -> None:
    reader.close()
    assert store.bytes_kept(a_batch()) > sum(map(len, LINES))
    store.remove(a_batch())
    assert store.bytes_kept(a_batch()) == 0
    assert list(store.folder.iterdir()) == []


def test_a_full_disk_is_said_and_nothing_is_called_whole(store: ResultStore) -> None:
    store.folder.mkdir(parents=True)
    store.paths(a_batch()).part.symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"), store.download(a_batch()) as download:
        download.write(b"x" * 5000)
    assert not store.has(a_batch())
