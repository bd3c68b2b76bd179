"""Being told: once through each channel, by whoever is first; what fails is noted and ends nothing."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from batchtui.domain.batches.states import BatchState
from batchtui.domain.notice import NoticeKind
from batchtui.services.notifications import hooks
from batchtui.services.notifications import notifier as notices
from batchtui.services.notifications.channels import channels
from batchtui.services.notifications.notifier import Notifier
from batchtui.services.polling import maintenance
from batchtui.services.results.collect import collect
from batchtui.services.submission.staging.stage import IntakeOptions
from batchtui.services.submission.submit import SubmitOptions, plan_submit
from batchtui.simulator import Fault
from tests.support.builders import jsonl, requests
from tests.support.webhook import inbox
from tests.support.workspaces import KEY, all_batches, submit, workspace_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.domain.notice import Notice
    from batchtui.services.workspace import Workspace
    from batchtui.simulator import Simulator
    from tests.support.clock import TurnedClock

HOSTILE = "[bold] \x1b]52;c;aGk=\x07 \u202e; $(touch x)"


class Heard:
    """A person at a terminal."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.times = 0

    def __call__(self, told: Sequence[Notice]) -> None:
        self.times += 1
        self.notices += told

    @property
    def kinds(self) -> list[NoticeKind]:
        return [notice.kind for notice in self.notices]


async def ended(workspace: Workspace, folder: Path, clock: TurnedClock, count: int = 1, **fields: Any) -> None:
    for number in range(count):
        await submit(workspace, folder, 2, prefix=f"f{number}", **fields)
    clock.turn(hours=3)
    await maintenance.run_maintenance(workspace)


def script(folder: Path, body: str) -> str:
    """A program that does this in Python."""
    path = folder / "hook"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def configured(workspace: Workspace, text: str) -> None:
    workspace.paths.config_file.parent.mkdir(parents=True, exist_ok=True)
    workspace.paths.config_file.write_text(text)


async def test_one_of_two_open_terminals_is_notified_of_an_end_once(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    one, two = Heard(), Heard()
    async with workspace_at(tmp_path / "home", simulator, clock) as other:
        await ended(workspace, tmp_path, clock)
        notifiers = [
            Notifier(workspace, channels(workspace, say=one)),
            Notifier(other, channels(other, say=two)),
        ]
        for _ in range(2):
            await asyncio.gather(*(notifier.tell() for notifier in notifiers))
    assert one.kinds + two.kinds == [NoticeKind.ENDED]


async def test_many_ends_at_once_ring_once(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    heard = Heard()
    await ended(workspace, tmp_path, clock, count=3)
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert (heard.times, len(heard.notices)) == (1, 3)


async def test_a_terminal_that_wants_neither_bell_nor_notice_takes_none(workspace: Workspace) -> None:
    configured(workspace, "[notify]\nbell = false\n")
    assert channels(workspace, say=Heard()) == []


async def test_a_hook_gets_the_batch_as_json_and_its_arguments_as_they_are(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    hook = script(tmp_path, "json.dump([sys.argv[1:], json.load(sys.stdin)], open(sys.argv[1], 'w'))")
    configured(workspace, f"[notify]\ncommand = {json.dumps([hook, str(tmp_path / 'told'), '$HOME; *'])}\n")
    await ended(workspace, tmp_path, clock, name=HOSTILE)
    await Notifier(workspace, channels(workspace)).tell()
    argv, document = json.loads((tmp_path / "told").read_text())
    (batch,) = await all_batches(workspace)
    assert argv[1] == "$HOME; *"
    assert (document["id"], document["name"], document["state"]) == (batch.id, HOSTILE, "ended")
    assert document["request_counts"]["succeeded"] == 2
    assert document["notice"]["kind"] == "ended"
    assert not {"\x1b", "\x07", "\u202e"} & set(document["text"] + document["notice"]["title"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit('no room\\x1b[31m')", "hook ended with 1. no room␛[31m"),
        ("time.sleep(60)", "hook was stopped after 0.2 s."),
    ],
)
async def test_a_hook_that_fails_is_noted_and_not_tried_again(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, body: str, reason: str
) -> None:
    configured(workspace, f"[notify]\ncommand = {json.dumps([script(tmp_path, body)])}\ntimeout = 0.2\n")
    await ended(workspace, tmp_path, clock)
    notifier = Notifier(workspace, channels(workspace))
    assert [await notifier.tell(), await notifier.tell()] == [1, 0]
    [entry] = [each for each in await workspace.registry.journal.entries() if each.event == "notice.failed"]
    assert json.loads(entry.detail)["reason"].endswith(reason)


async def test_a_hook_that_is_not_there_is_noted(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    configured(workspace, "[notify]\ncommand = ['/nowhere/at-all']\n")
    await ended(workspace, tmp_path, clock)
    await Notifier(workspace, channels(workspace)).tell()
    assert "notice.failed" in [entry.event for entry in await workspace.registry.journal.entries()]


async def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    child = "import subprocess; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', sys.argv[0]])"
    hook = script(tmp_path, f"{child}\ntime.sleep(60)")
    with pytest.raises(hooks.HookFailed, match=r"was stopped after 0\.5 s"):
        await hooks.run([hook], {}, timeout=0.5)
    gone = await asyncio.create_subprocess_exec("pgrep", "-f", str(tmp_path), stdout=asyncio.subprocess.DEVNULL)
    assert await gone.wait() == 1


async def test_a_hook_that_does_not_read_is_no_failure(tmp_path: Path) -> None:
    await hooks.run([script(tmp_path, "sys.exit(0)")], {"much": "x" * 1_000_000}, timeout=10)


async def test_a_further_command_is_a_channel_of_its_own(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    hook = script(tmp_path, "open(sys.argv[1], 'a').write('x')")
    configured(workspace, f"[notify]\ncommand = {json.dumps([hook, str(tmp_path / 'set')])}\n")
    await ended(workspace, tmp_path, clock)
    also = channels(workspace, also=[[hook, str(tmp_path / "also")]])
    await Notifier(workspace, channels(workspace)).tell()
    await Notifier(workspace, also).tell()
    assert [(tmp_path / name).read_text() for name in ("set", "also")] == ["x", "x"]


async def test_a_webhook_gets_the_batch_and_no_credential(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    with inbox() as box:
        configured(workspace, f'[notify]\nwebhook = "{box.url}"\n')
        await ended(workspace, tmp_path, clock)
        notifier = Notifier(workspace, channels(workspace))
        assert [await notifier.tell(), await notifier.tell()] == [1, 0]
    [document] = box.documents
    assert (document["state"], document["text"]) == ("ended", "f0: ended. all 2 succeeded")
    assert KEY not in json.dumps([box.documents, box.headers])
    assert not {"x-api-key", "authorization"} & set(box.headers[0])


async def test_a_webhook_that_stumbles_is_tried_again(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    with inbox() as box:
        box.answers = [503, 429]
        configured(workspace, f'[notify]\nwebhook = "{box.url}"\n')
        await ended(workspace, tmp_path, clock)
        await Notifier(workspace, channels(workspace)).tell()
    assert len(box.documents) == 3
    assert "notice.failed" not in [entry.event for entry in await workspace.registry.journal.entries()]


@pytest.mark.parametrize(("answers", "tries"), [([403], 1), ([307], 1), ([500, 500, 500], 3)])
async def test_a_webhook_that_says_no_is_noted_without_its_address(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, answers: list[int], tries: int
) -> None:
    with inbox() as box, inbox() as elsewhere:
        box.answers, box.location = answers, elsewhere.url
        configured(workspace, f'[notify]\nwebhook = "{box.url}"\n')
        await ended(workspace, tmp_path, clock)
        await Notifier(workspace, channels(workspace)).tell()
    [entry] = [each for each in await workspace.registry.journal.entries() if each.event == "notice.failed"]
    assert (len(box.documents), elsewhere.documents) == (tries, [])
    assert "secret" not in entry.detail


async def test_a_lost_answer_is_told_only_when_looking_has_not_settled_it(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    heard = Heard()
    notifier = Notifier(workspace, channels(workspace, say=heard))
    simulator.world.faults.add(Fault(on="create", kind="lost_before"))
    await submit(workspace, tmp_path, 2)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.UNKNOWN]
    await notifier.tell()
    assert heard.kinds == []
    clock.turn(minutes=2)
    await notifier.tell()
    assert heard.kinds == [NoticeKind.UNKNOWN]


async def test_a_lost_answer_that_was_found_is_no_news(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    heard = Heard()
    simulator.world.faults.add(Fault(on="create", kind="lost_after"))
    await submit(workspace, tmp_path, 2)
    assert [batch.state for batch in await all_batches(workspace)] == [BatchState.IN_PROGRESS]
    clock.turn(minutes=2)
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert heard.kinds == []


async def test_a_spend_limit_is_told_and_not_knocked_at_again(
    workspace: Workspace, tmp_path: Path, simulator: Simulator, clock: TurnedClock
) -> None:
    from batchtui.domain.errors import SpendLimitReached

    simulator.world.faults.add(
        Fault(on="create", kind="status", status=429, error_code="enforced_spend_limit_reached", message="enough")
    )
    with pytest.raises(SpendLimitReached):
        await submit(workspace, tmp_path, 2)
    heard = Heard()
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert heard.kinds == [NoticeKind.SPEND_LIMIT]
    clock.turn(minutes=10)
    simulator.world.calls.clear()
    await maintenance.run_maintenance(workspace)
    assert simulator.world.calls_to("create") == []


async def test_results_that_are_about_to_go_are_told_three_days_before_and_once(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    heard = Heard()
    notifier = Notifier(workspace, channels(workspace, say=heard))
    await ended(workspace, tmp_path, clock)
    clock.turn(days=25)
    await notifier.tell()
    assert heard.kinds == []
    clock.turn(days=2)
    for _ in range(3):
        await notifier.tell()
    assert heard.kinds == [NoticeKind.RESULTS_GOING]


async def test_a_job_that_a_killed_program_left_unsent_is_told_once_after_a_quarter_of_an_hour(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    heard = Heard()
    notifier = Notifier(workspace, channels(workspace, say=heard))
    plan = await plan_submit(
        workspace,
        [str(jsonl(tmp_path / "in.jsonl", requests(4)))],
        SubmitOptions(intake=IntakeOptions(max_requests=2)),
    )
    keep = partial(workspace.registry.requests.commit, plan.staged.requests, plan.job.id)
    await workspace.registry.jobs.plan(plan.job, plan.parts, keep=keep, account=await workspace.front_account())
    clock.turn(minutes=14)
    await notifier.tell()
    assert heard.kinds == []
    clock.turn(minutes=2)
    for _ in range(3):
        await notifier.tell()
    assert heard.kinds == [NoticeKind.NOT_SENT]


async def test_a_job_whose_part_waits_for_a_rate_limit_is_not_told_as_left(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, simulator: Simulator
) -> None:
    heard = Heard()
    simulator.world.faults.add(Fault(on="create", kind="status", status=429, retry_after=7200, skip=1))
    await submit(workspace, tmp_path, 6, intake=IntakeOptions(max_requests=2))
    clock.turn(minutes=60)
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert NoticeKind.NOT_SENT not in heard.kinds


async def test_saved_results_may_go(workspace: Workspace, tmp_path: Path, clock: TurnedClock) -> None:
    heard = Heard()
    await ended(workspace, tmp_path, clock)
    await collect(workspace, (await all_batches(workspace))[0])
    clock.turn(days=27)
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert heard.kinds == []


async def test_notices_claimed_by_a_dead_process_are_delivered_by_the_next(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    heard = Heard()
    await ended(workspace, tmp_path, clock)
    [(notice, _)] = await workspace.registry.notices.untold(["terminal"], clock.now() - notices.STALE)
    dead = await asyncio.create_subprocess_exec(sys.executable, "-c", CLAIM, str(tmp_path / "home"), str(notice.seq))
    assert await dead.wait() == -9
    assert await workspace.registry.notices.untold(["terminal"], clock.now() - notices.STALE) == []
    await Notifier(workspace, channels(workspace, say=heard)).tell()
    assert heard.kinds == [NoticeKind.ENDED]


async def test_a_telling_that_is_cut_short_is_left_to_the_next(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock
) -> None:
    configured(workspace, f"[notify]\ncommand = {json.dumps([script(tmp_path, 'time.sleep(60)')])}\n")
    await ended(workspace, tmp_path, clock)
    ways = channels(workspace)
    telling = asyncio.create_task(Notifier(workspace, ways).tell())
    while await workspace.registry.notices.untold([ways[0].name], clock.now() - notices.STALE):
        await asyncio.sleep(0.01)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    assert len(await workspace.registry.notices.untold([ways[0].name], clock.now() - notices.STALE)) == 1


CLAIM = """
import asyncio, os, pathlib, signal, sys
from batchtui.services.workspace import open_workspace
from batchtui.settings.paths import Paths
from tests.support.clock import START, TurnedClock

async def main():
    clock = TurnedClock()
    clock.turn(hours=3)
    async with open_workspace(Paths.locate(pathlib.Path(sys.argv[1])), clock=clock) as workspace:
        assert await workspace.registry.notices.claim(int(sys.argv[2]), "terminal")
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.parametrize("inherits", [False, True])
async def test_a_hook_inherits_credentials_only_where_the_setting_says_so(
    workspace: Workspace, tmp_path: Path, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch, *, inherits: bool
) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "any-token")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-api-key: any")
    monkeypatch.setenv("COPY_OF_THE_KEY", "sk-ant-copied")
    monkeypatch.setenv("HARMLESS", "yes")
    hook = script(tmp_path, "json.dump(dict(os.environ), open(sys.argv[1], 'w'))")
    wanted = f"credentials = {json.dumps(inherits)}\n"
    configured(workspace, f"[notify]\ncommand = {json.dumps([hook, str(tmp_path / 'told')])}\n{wanted}")
    await ended(workspace, tmp_path, clock)
    await Notifier(workspace, channels(workspace)).tell()
    told = json.loads((tmp_path / "told").read_text())
    secret = {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_CUSTOM_HEADERS", "COPY_OF_THE_KEY"}
    assert secret & told.keys() == (secret if inherits else set())
    assert told["HARMLESS"] == "yes"
