"""Write the answer to an invitation: METHOD:REPLY of RFC 5546 3.2.3, line by line.

Nothing of the invitation goes back but what says which one is meant, and each value
is escaped or refused: a line end in it would be a line of our own.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from mailbox.mime.charsets import one_line
from mailbox.mime.parts.invitation import Guest, Invitation

ANSWERS = {"accepted": "ACCEPTED", "tentative": "TENTATIVE", "declined": "DECLINED"}
_LINE = 75  # octets, RFC 5545 3.1
_NOT_IN_PARAMETERS = re.compile(r'["\x00-\x1f\x7f]')


def reply(invitation: Invitation, answer: str, *, guest: Guest, now: datetime) -> str:
    """The calendar that tells the organiser the guest's answer, one of ANSWERS."""
    organiser = invitation.organiser or Guest()
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//GovMail Portal//EN",
        "VERSION:2.0",
        "METHOD:REPLY",
        "BEGIN:VEVENT",
        f"UID:{_text(invitation.uid)}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        *_moment("DTSTART", invitation.starts),
        *([f"RECURRENCE-ID{invitation.recurrence_id}"] if invitation.recurrence_id else []),
        f"SEQUENCE:{invitation.sequence}",
        f"ORGANIZER{_named(organiser.name)}:mailto:{one_line(organiser.address)}",
        f"ATTENDEE{_named(guest.name)};PARTSTAT={ANSWERS[answer]}:mailto:{one_line(guest.address)}",
        *([f"SUMMARY:{_text(invitation.summary)}"] if invitation.summary else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _text(value: str) -> str:
    escaped = one_line(value).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.strip()


def _named(name: str) -> str:
    clean = _NOT_IN_PARAMETERS.sub("", one_line(name))
    return f';CN="{clean}"' if clean else ""


def _moment(name: str, iso: str) -> list[str]:
    if not iso:
        return []
    if len(iso) == len("2008-01-07"):
        return [f"{name};VALUE=DATE:{iso.replace('-', '')}"]
    return [f"{name}:{datetime.fromisoformat(iso).astimezone(UTC):%Y%m%dT%H%M%SZ}"]


def _folded(line: str) -> str:
    """A content line in pieces of at most 75 octets, cut between characters."""
    pieces: list[str] = []
    current = ""
    for character in line:
        if len((current + character).encode()) > _LINE - bool(pieces):
            pieces.append(current)
            current = ""
        current += character
    return "\r\n ".join([*pieces, current])
