"""What is said to the person: one line, equal messages counted, errors until they are dismissed, all of it kept."""

from __future__ import annotations

from datetime import timedelta

from batchtui.tui.rendering.spans import Tone
from batchtui.tui.widgets.message_line import COUNTED_SECONDS, MOST_KEPT, SHOWN_SECONDS, MessageLog
from tests.support.clock import START


def later(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_an_equal_message_is_counted_and_not_repeated() -> None:
    log = MessageLog()
    log.say("Copied a.", START)
    log.say("Saved b.", START)
    log.say("Copied a.", START + later(5))
    assert [message.said for message in log.entries()] == ["Copied a. (2 times)", "Saved b."]
    assert log.shown is log.entries()[0]


def test_an_equal_message_of_long_ago_is_news_again() -> None:
    log = MessageLog()
    log.say("Copied a.", START)
    log.say("Copied a.", START + later(COUNTED_SECONDS))
    assert [message.times for message in log.entries()] == [1, 1]


def test_messages_of_one_kind_are_one_that_says_the_latest() -> None:
    log = MessageLog()
    log.say("Results of 1 batch could not be fetched.", START, Tone.BAD, kind="fetch")
    log.say("Results of 14 batches could not be fetched.", START, Tone.BAD, kind="fetch")
    [message] = log.entries()
    assert message.said == "Results of 14 batches could not be fetched. (2 times)"


def test_a_message_leaves_the_line_by_itself_and_an_error_stays_until_it_is_dismissed() -> None:
    log = MessageLog()
    log.say("Copied a.", START)
    assert not log.fade(START + later(SHOWN_SECONDS - 1))
    assert log.fade(START + later(SHOWN_SECONDS))
    assert log.shown is None
    log.say("Connection lost.", START, Tone.BAD)
    assert not log.fade(START + timedelta(days=1))
    assert log.dismiss()
    assert not log.dismiss()
    assert len(log.entries()) == 2


def test_the_log_does_not_grow_without_end() -> None:
    log = MessageLog()
    for number in range(MOST_KEPT + 10):
        log.say(f"message {number}", START)
    assert len(log.entries()) == MOST_KEPT
    assert log.entries()[-1].text == "message 10"
