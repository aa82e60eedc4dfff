"""Read an invitation from a text/calendar part: the first event, as text, within limits.

Only the lines of an event that are shown reach the parser, and only so many of them;
rules are never expanded, zones never built from what a sender wrote, alternative
descriptions in HTML never looked at (CVE-2025-27915, CVE-2022-24682).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

from mailbox.mime.charsets import BIDI_CONTROLS, body, decode, one_line
from mailbox.mime.parts.invitation import Guest, Invitation

MAX_BYTES = 512 * 1024
MAX_GUESTS = 200
MAX_LINE = 8_000
MAX_TEXT = 10_000
_BANGKOK = timezone(timedelta(hours=7))
_SHOWN = frozenset(
    ("UID", "SEQUENCE", "SUMMARY", "LOCATION", "DESCRIPTION", "DTSTART", "DTEND", "DURATION")
    + ("RRULE", "RECURRENCE-ID", "STATUS", "ORGANIZER")
)
_FOLD = re.compile(r"\r?\n[ \t]|\r[ \t]")
_LINE_END = re.compile(r"\r\n|\n|\r")
_NAME = re.compile(r"[A-Za-z-]{1,40}(?=[;:])")
_RULE = re.compile(r"[A-Z0-9=;,+-]{1,500}")
_TOKEN = re.compile(r"[a-z-]{1,30}")
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def read_invitation(data: bytes, charset: str = "", method: str = "") -> Invitation | None:
    """The first event of a calendar, or None if it has none or cannot be read.

    method: of the part's Content-Type, for calendars that do not say it themselves.
    """
    if len(data) > MAX_BYTES:
        return None
    text = _FOLD.sub("", decode(data, charset or "utf-8")[0])
    lines = [line[:MAX_LINE] for line in _LINE_END.split(text)]
    event, guests, more = _lines_of_event(lines)
    if not event:
        return None
    events = sum(line.strip().upper() == "BEGIN:VEVENT" for line in lines)
    own = next((line[7:] for line in lines if line.upper().startswith("METHOD:")), "")
    try:
        return _read([*event, *guests], _token(own) or _token(method), more, events - 1)
    except _BROKEN:
        return None


def _lines_of_event(lines: list[str]) -> tuple[list[str], list[str], int]:
    """The lines of the first event that are shown, its guests' lines, and how many more there are.

    What is nested in it, an alarm for one, is passed over.
    """
    event: dict[str, str] = {}
    guests: list[str] = []
    for line in _own_lines(lines):
        name = found[0].upper() if (found := _NAME.match(line)) else ""
        if name == "ATTENDEE":
            guests.append(line)
        elif name in _SHOWN:
            event.setdefault(name, line)
    return list(event.values()), guests[:MAX_GUESTS], max(0, len(guests) - MAX_GUESTS)


def _own_lines(lines: list[str]) -> Iterator[str]:
    depth = 0
    for line in lines:
        word = line.strip().upper()
        if word == "BEGIN:VEVENT" and depth == 0:
            depth = 1
        elif depth and word.startswith("BEGIN:"):
            depth += 1
        elif depth and word.startswith("END:"):
            depth -= 1
            if depth == 0:
                return
        elif depth == 1:
            yield line


def _read(lines: list[str], method: str, more_guests: int, more_events: int) -> Invitation:
    # Only a message with a calendar pays for this.
    from icalendar import Event

    event = Event.from_ical("\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""]))
    starts, zone = _moment(event, "DTSTART")
    ends = _end(event, starts)
    found = event.get("ATTENDEE", [])
    guests = found if isinstance(found, list) else [found]
    organiser = event.get("ORGANIZER")
    return Invitation(
        method=method,
        uid=_line(event, "UID"),
        sequence=_number(event.get("SEQUENCE")),
        summary=_line(event, "SUMMARY"),
        location=_line(event, "LOCATION"),
        description=body(BIDI_CONTROLS.sub("", str(event.get("DESCRIPTION", ""))))[:MAX_TEXT],
        starts=_iso(starts),
        ends=_iso(ends),
        zone=zone,
        rule=_of_lines(lines, "RRULE", _RULE),
        recurrence_id=_recurrence_id(lines),
        status=_token(str(event.get("STATUS", ""))),
        organiser=_guest(organiser) if organiser else None,
        guests=tuple(_guest(one) for one in guests),
        more_guests=more_guests,
        more_events=more_events,
    )


def _shown(value: Any) -> str:
    return BIDI_CONTROLS.sub("", one_line(str(value)))[:1_000].strip()


def _line(event: Any, name: str) -> str:
    return _shown(event.get(name, ""))


def _token(text: str) -> str:
    word = text.strip().lower()
    return word if _TOKEN.fullmatch(word) else ""


def _number(value: Any) -> int:
    return max(0, min(int(value), 1_000_000)) if isinstance(value, int) else 0


def _value_of(lines: list[str], name: str) -> tuple[str, str]:
    """A property's parameters and value, as they stand in the file."""
    for line in lines:
        if line.upper().startswith((f"{name}:", f"{name};")):
            parameters, _, value = line[len(name) :].partition(":")
            return parameters, value.strip()
    return "", ""


def _of_lines(lines: list[str], name: str, allowed: re.Pattern[str]) -> str:
    value = _value_of(lines, name)[1].upper()
    return value if allowed.fullmatch(value) else ""


_RECURRENCE = re.compile(r"(?:;[A-Za-z-]{1,20}=[A-Za-z0-9/_+ .()-]{1,80}){0,3}")
_STAMP = re.compile(r"\d{8}(?:T\d{6}Z?)?")


def _recurrence_id(lines: list[str]) -> str:
    """`;TZID=…:20080107T090000`, as it goes back to the organiser."""
    parameters, value = _value_of(lines, "RECURRENCE-ID")
    if not (_STAMP.fullmatch(value) and _RECURRENCE.fullmatch(parameters)):
        return ""
    return f"{parameters}:{value}"


def _moment(event: Any, name: str) -> tuple[date | None, str]:
    """A date, or an aware moment; and the name of its zone where nobody knows that."""
    prop = event.get(name)
    value = getattr(prop, "dt", None)
    if not isinstance(value, date) or not 1900 <= value.year < 9999:
        return None, ""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=_BANGKOK), _shown(prop.params.get("TZID", ""))
    return value, ""


def _end(event: Any, starts: date | None) -> date | None:
    ends, _ = _moment(event, "DTEND")
    length = getattr(event.get("DURATION"), "dt", None)
    if ends is None and starts is not None and isinstance(length, timedelta):
        ends = starts + length
    if ends is None or starts is None or isinstance(ends, datetime) != isinstance(starts, datetime):
        return None
    if not isinstance(ends, datetime):
        ends -= timedelta(days=1)  # RFC 5545 3.6.1: the end is the day after
    return ends if ends > starts else None


def _iso(value: date | None) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if value else ""


def _guest(prop: Any) -> Guest:
    address = _shown(prop)
    if address.lower().startswith("mailto:"):
        address = address[7:].partition("?")[0]
    parameters = prop.params
    return Guest(
        name=_shown(parameters.get("CN", "")),
        address=address,
        answer=_token(str(parameters.get("PARTSTAT", ""))),
        is_needed=str(parameters.get("ROLE", "")).upper()
        not in ("OPT-PARTICIPANT", "NON-PARTICIPANT"),
    )
