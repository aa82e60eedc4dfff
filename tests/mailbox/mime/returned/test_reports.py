"""Reports as the servers of the world write them: tests/mailbox/mime/returned/messages."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mailbox.mime.returned.reports import (
    LONGEST_ADDRESS,
    LONGEST_WORDS,
    MAX_RECIPIENTS,
    Action,
    Outcome,
    Report,
    read,
)

MESSAGES = Path(__file__).parent / "messages"
NAMES = sorted(path.stem for path in MESSAGES.glob("*.eml"))
LETTER = "letter-1@transport.example"


def raw(name: str) -> bytes:
    return (MESSAGES / f"{name}.eml").read_bytes()


def outcomes(name: str) -> tuple[Outcome, ...]:
    report = read(raw(name))
    assert report is not None
    return report.outcomes


def test_postfix_names_everybody_it_could_not_reach() -> None:
    unknown, full = outcomes("postfix")
    assert unknown == Outcome(
        recipient="emil@else.example",
        original="emil@else.example",
        action=Action.FAILED,
        status="5.1.1",
        code=550,
        words="<emil@else.example>: Recipient address rejected: "
        "User unknown in virtual mailbox table",
    )
    assert (full.recipient, full.status, full.code) == ("dara@else.example", "5.2.2", 552)


def test_exchange_is_read_though_its_reply_names_its_own_class() -> None:
    (outcome,) = outcomes("exchange")
    assert (outcome.status, outcome.code) == ("5.1.10", 550)
    assert outcome.words.startswith("RESOLVER.ADR.RecipientNotFound")


def test_a_status_that_tells_nothing_gives_way_to_the_replys_own() -> None:
    (outcome,) = outcomes("gmail")
    assert outcome.status == "5.1.1"
    assert "550" not in outcome.words and "5.1.1" not in outcome.words


def test_what_is_late_is_not_what_failed() -> None:
    (outcome,) = outcomes("delayed")
    assert (outcome.action, outcome.status) == (Action.DELAYED, "4.4.1")


def test_every_action_is_told_from_the_others() -> None:
    found = [outcome.action for outcome in outcomes("all-actions")]
    assert found == [Action.DELIVERED, Action.RELAYED, Action.EXPANDED]


def test_a_careless_server_is_understood_as_far_as_it_goes() -> None:
    found = [(one.recipient, one.action, one.status) for one in outcomes("careless")]
    assert found == [
        ("emil@old.example", Action.FAILED, "4.4.7"),
        ("DARA@OLD.EXAMPLE", Action.FAILED, "5.7.1"),
    ]


def test_addresses_in_any_script_are_read() -> None:
    (outcome,) = outcomes("beyond-ascii")
    assert outcome.recipient == "สมชาย@ตัวอย่าง.example"
    assert outcome.original == "สม@else.example"


def test_exim_names_them_in_the_header() -> None:
    found = [(one.recipient, one.action) for one in outcomes("exim")]
    assert found == [("emil@else.example", Action.FAILED), ("dara@else.example", Action.FAILED)]


def test_qmail_names_them_in_prose_and_its_copy_of_the_letter_is_not_read() -> None:
    found = [(one.recipient, one.status) for one in outcomes("qmail")]
    assert found == [("emil@q.example", "5.1.1"), ("dara@else.example", "5.7.1")]


@pytest.mark.parametrize("name", ["postfix", "exchange", "gmail", "delayed", "beyond-ascii"])
def test_the_letter_that_came_back_is_named(name: str) -> None:
    report = read(raw(name))
    assert report is not None and report.original_id == LETTER


def test_the_letters_subject_is_read_in_any_script() -> None:
    report = read(raw("postfix"))
    assert report is not None and report.subject == "เรื่องน้ำ"


@pytest.mark.parametrize("name", ["away", "receipt"])
def test_what_a_person_answers_is_no_report(name: str) -> None:
    assert read(raw(name)) is None


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_do_not_count(name: str) -> None:
    assert read(raw(name).replace(b"\n", b"\r\n")) == read(raw(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_damage_makes_a_report_raise_or_grow(name: str) -> None:
    chance = random.Random(name)  # noqa: S311  # the same damage in every run
    for _ in range(150):
        damaged = bytearray(raw(name))
        for _ in range(chance.randint(1, 30)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 4))
        check(read(bytes(damaged[: chance.randint(1, len(damaged))])))


def check(report: Report | None) -> None:
    for one in report.outcomes if report else ():
        assert 0 < len(one.recipient) <= LONGEST_ADDRESS and len(one.words) <= LONGEST_WORDS
        assert one.recipient.isprintable() and one.words.isprintable()


def status_part(fields: bytes) -> bytes:
    return (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\n" + fields + b"\n--b--\n"
    )


def test_a_report_on_everybody_in_the_world_is_cut_short() -> None:
    group = b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n"
    report = read(status_part(group * 100_000))
    assert report is not None and len(report.outcomes) == MAX_RECIPIENTS


@pytest.mark.parametrize(
    "fields",
    [
        b"Final-Recipient: " + b";" * 300_000,
        b"Final-Recipient: rfc822; a@b.example\nDiagnostic-Code: " + b"5.5.5 550-" * 60_000,
        b"Final-Recipient: utf-8; " + b"\\x{41}" * 60_000 + b"\nAction: failed",
        b"\n \n" * 150_000,
        b"Action: " + b" " * 300_000 + b"failed\nFinal-Recipient: a@b",
    ],
)
def test_no_field_is_too_long_to_be_read(fields: bytes) -> None:
    check(read(status_part(fields)))


def test_words_cannot_turn_the_line_around() -> None:
    fields = (
        "Final-Recipient: a@b.example\nAction: failed\nDiagnostic-Code: x; no\u202e\u2066 way\x07"
    )
    report = read(status_part(fields.encode()))
    assert report is not None and report.outcomes[0].words == "no way"
