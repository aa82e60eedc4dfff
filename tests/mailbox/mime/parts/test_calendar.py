"""Invitations: what is read of them, and what is not."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.mime.parts.calendar import MAX_BYTES, MAX_GUESTS, read_invitation
from mailbox.mime.parts.invitation import Guest, Invitation
from mailbox.mime.reading_process import ReadingProcess

BOMB = "FREQ=SECONDLY;COUNT=1000000000"
HOSTILE = '<details open ontoggle="alert(1)">'


def calendar(*lines: str, method: str = "REQUEST") -> bytes:
    inside = ["BEGIN:VEVENT", "UID:one@a.example", *lines, "END:VEVENT"]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", f"METHOD:{method}", *inside, "END:VCALENDAR", ""]
    ).encode()


def read(*lines: str, method: str = "REQUEST") -> Invitation:
    found = read_invitation(calendar(*lines, method=method))
    assert found is not None
    return found


def test_an_invitation_says_what_when_where_and_who() -> None:
    found = read(
        "DTSTART:20080110T023000Z",
        "DTEND:20080110T053000Z",
        "SUMMARY:ประชุมคณะทำงาน\\, ครั้งที่ 4",
        "LOCATION:ห้อง 2",
        "DESCRIPTION:วาระ 1\\nวาระ 2",
        'ORGANIZER;CN="สำนักงาน: ก":mailto:council@university.example',
        "ATTENDEE;CN=Amina;PARTSTAT=NEEDS-ACTION:MAILTO:amina@transport.example",
        "ATTENDEE;ROLE=OPT-PARTICIPANT;PARTSTAT=DECLINED:mailto:b@b.example",
        "SEQUENCE:2",
    )

    assert found.method == "request"
    assert found.summary == "ประชุมคณะทำงาน, ครั้งที่ 4"
    assert found.description == "วาระ 1\nวาระ 2"
    assert found.starts == "2008-01-10T02:30:00+00:00"
    assert found.ends == "2008-01-10T05:30:00+00:00"
    assert found.organiser == Guest("สำนักงาน: ก", "council@university.example")
    assert found.guests == (
        Guest("Amina", "amina@transport.example", "needs-action"),
        Guest("", "b@b.example", "declined", is_needed=False),
    )
    assert (found.sequence, found.location, found.zone) == (2, "ห้อง 2", "")
    assert Invitation.from_json(found.to_json()) == found


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("DTSTART;VALUE=DATE:20080110", "DTEND;VALUE=DATE:20080112", ("2008-01-10", "2008-01-11")),
        ("DTSTART;VALUE=DATE:20080110", "DTEND;VALUE=DATE:20080111", ("2008-01-10", "")),
        ("DTSTART:20080110T090000", "DURATION:PT90M", ("T09:00:00+07:00", "T10:30:00+07:00")),
        ("DTSTART;TZID=SE Asia Standard Time:20080110T090000", "", ("T09:00:00+07:00", "")),
        ("DTSTART;TZID=Europe/Paris:20080110T090000", "", ("T09:00:00+01:00", "")),
        ("DTSTART:20080110T090000Z", "DTEND:20080109T090000Z", ("T09:00:00+00:00", "")),
        ("DTSTART:00010110T090000Z", "DURATION:P999999999D", ("", "")),
    ],
)
def test_times_of_every_kind_are_understood(
    start: str, end: str, expected: tuple[str, str]
) -> None:
    found = read(start, *([end] if end else []))

    assert (found.starts or "").endswith(expected[0]) and (found.ends or "").endswith(expected[1])
    assert bool(found.starts) == bool(expected[0]) and bool(found.ends) == bool(expected[1])


def test_a_zone_nobody_knows_is_named() -> None:
    found = read("DTSTART;TZID=Middle Earth:20080110T090000")

    assert (found.zone, found.starts) == ("Middle Earth", "2008-01-10T09:00:00+07:00")


def test_markup_and_alternatives_stay_text_or_unread() -> None:
    found = read(f"SUMMARY:{HOSTILE}", f"X-ALT-DESC;FMTTYPE=text/html:{HOSTILE}", f"URL:{HOSTILE}")

    assert found.summary == HOSTILE
    assert str(found.to_json()).count("ontoggle") == 1


def test_controls_and_direction_marks_are_taken_out() -> None:
    found = read("SUMMARY:a\u202eb\x00c", "LOCATION:x\\ny", 'ORGANIZER;CN="a\u2066b":mailto:a@b.c')

    assert "\u202e" not in found.summary and "\x00" not in found.summary
    assert "\n" not in found.location
    assert found.organiser is not None and found.organiser.name == "ab"


def test_a_bomb_of_dates_is_a_line_of_text() -> None:
    begun = time.process_time()
    found = read("DTSTART:20080110T090000Z", f"RRULE:{BOMB}")

    assert found.rule == BOMB
    assert time.process_time() - begun < 5


def test_an_alarm_inside_does_not_speak_for_the_event() -> None:
    found = read("BEGIN:VALARM", "SUMMARY:alarm", "END:VALARM", "SUMMARY:event")

    assert found.summary == "event"


def test_guests_and_events_beyond_the_first_are_counted() -> None:
    many = [f"ATTENDEE:mailto:a{number}@b.example" for number in range(MAX_GUESTS + 7)]
    found = read(*many, "END:VEVENT", "BEGIN:VEVENT", "UID:two")

    assert (len(found.guests), found.more_guests, found.more_events) == (MAX_GUESTS, 7, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR",
        b"BEGIN:VEVENT",
        b"\xff" * 100,
        b"A" * MAX_BYTES * 2,
    ],
)
def test_what_is_no_event_is_no_invitation(data: bytes) -> None:
    assert read_invitation(data) is None


def test_a_method_comes_from_the_part_where_the_calendar_is_silent() -> None:
    data = calendar("SUMMARY:x").replace(b"METHOD:REQUEST\r\n", b"")
    found = read_invitation(data, method="CANCEL")

    assert found is not None and found.is_cancelled


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (":20080110T090000Z", ":20080110T090000Z"),
        (";TZID=Asia/Bangkok:20080110T090000", ";TZID=Asia/Bangkok:20080110T090000"),
        (';X=a"b:20080110T090000', ""),
        (":tomorrow", ""),
    ],
)
def test_one_date_of_a_series_is_named_as_it_came(value: str, expected: str) -> None:
    assert read(f"RECURRENCE-ID{value}").recurrence_id == expected


LINES = st.lists(
    st.builds(
        "{}{}:{}".format,
        st.sampled_from(
            [
                "DTSTART",
                "DTEND",
                "DURATION",
                "RRULE",
                "ATTENDEE",
                "ORGANIZER",
                "SUMMARY",
                "BEGIN",
                "END",
            ]
        ),
        st.sampled_from(
            ["", ";TZID=x", ";VALUE=DATE", ';CN="', ";CN=a;CN=b", ";=", ";VALUE=PERIOD"]
        ),
        st.text(max_size=40)
        | st.sampled_from(["20080101", "P1W", "-PT9S", "VEVENT", "mailto:a@b"]),
    ),
    max_size=25,
)


@given(LINES)
def test_no_calendar_breaks_the_reader(lines: list[str]) -> None:
    found = read_invitation(calendar(*lines))

    if found is not None:
        assert Invitation.from_json(found.to_json()) == found
        assert not set("\r\n\0\u202e") & set(found.summary + found.location + found.uid)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    read_invitation(calendar() + data)
    read_invitation(data)


def test_the_reading_process_reads_invitations() -> None:
    process = ReadingProcess()
    head = b"From: a@b.example\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
    lines = ("DTSTART;TZID=SE Asia Standard Time:20080110T090000", "DESCRIPTION:วาระ")
    try:
        _, rendition = process.read(head + calendar(*lines))
    finally:
        process.close()

    assert rendition.invitation is not None
    assert rendition.invitation.starts == "2008-01-10T09:00:00+07:00"
    assert rendition.text == "วาระ"
