"""Every message of ../shared/corpus/mime: invariants for each, expectations for nearly all."""

from __future__ import annotations

import time

import pytest

from mailbox.mime.parse import parse
from tests.mailbox.mime.corpus import (
    Judge,
    assert_invariants,
    expectation_of,
    messages,
    opened,
)
from tests.services import needs_shared

pytestmark = pytest.mark.shared


def test_every_message_keeps_the_invariants_and_reads_the_same_twice() -> None:
    needs_shared("corpus/mime")
    for path in messages():
        raw = path.read_bytes()
        started = time.process_time()
        letter = opened(raw)
        assert time.process_time() - started < 5
        assert_invariants(letter)
        assert parse(raw) == parse(raw), path.name
    assert len(messages()) > 100


def test_what_other_readers_found_is_found() -> None:
    needs_shared("corpus/mime")
    checked, missed = 0, []
    for path in messages():
        expected = expectation_of(path)
        if expected.get("soft"):
            continue
        judge = Judge(opened(path.read_bytes()), expected).judge()
        checked += judge.checked
        missed += [f"{path.stem}: {what}" for what in judge.missed]
    assert checked > 300
    assert len(missed) <= checked * 0.05, missed


def test_ambiguous_messages_lose_none_of_their_words() -> None:
    needs_shared("corpus/mime")
    missed = []
    for path in messages():
        expected = expectation_of(path)
        if expected.get("soft"):
            judge = Judge(opened(path.read_bytes()), expected).judge()
            missed += [f"{path.stem}: {what}" for what in judge.missed if what[:4] == "text"]
    assert len(missed) <= 4, missed
