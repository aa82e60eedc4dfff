"""Write our own reports: the machine-readable part of a message/delivery-status (RFC 3464 §2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from govmail_portal.errors import PortalError
from mailbox.mime.build import BANGKOK, checked, wire_address
from mailbox.mime.returned.reports import Action

_LINE = 76
# Thai has no blanks, and an escaped letter is up to nine octets: no line may pass 998
# (RFC 5322 §2.1.1), or the letter could never be passed on.
_LONGEST_WORD = 100


@dataclass(frozen=True)
class Status:
    """One recipient's. address: as the author wrote it; status: as RFC 3463 has it.

    code, words: of the last reply, where a server gave one. until: how long it will be tried.
    """

    address: str
    action: Action
    status: str
    code: int = 0
    words: str = ""
    until: datetime | None = None


def delivery_status(
    statuses: Sequence[Status], *, reported_by: str, arrived_at: datetime, at: datetime
) -> bytes:
    """The part's content. reported_by: a domain; arrived_at, at: aware, when it was sent and now.

    ASCII throughout: an address beyond it is escaped as RFC 6533 §3 has it.
    """
    groups = [[f"Reporting-MTA: dns; {checked(reported_by)}", f"Arrival-Date: {_date(arrived_at)}"]]
    groups += [list(_fields(one, at)) for one in statuses]
    return "\r\n".join("".join(f"{line}\r\n" for line in group) for group in groups).encode("ascii")


def is_sendable(address: str) -> bool:
    """Whether an address can stand in a report: what came back may hold anything."""
    try:
        return bool(wire_address(address))
    except PortalError:
        return False


def _fields(one: Status, at: datetime) -> Iterator[str]:
    address = wire_address(one.address)
    kind = "rfc822" if address.isascii() else "utf-8"
    yield f"Final-Recipient: {kind}; {_ascii(address)}"
    yield f"Action: {one.action.value}"
    yield f"Status: {one.status}"
    if one.code:
        words = f"{one.code} {one.status} {' '.join(_words(one.words))}".strip()
        yield _folded(f"Diagnostic-Code: smtp; {_ascii(words)}")
    yield f"Last-Attempt-Date: {_date(at)}"
    if one.until:
        yield f"Will-Retry-Until: {_date(one.until)}"


def _ascii(text: str) -> str:
    return "".join(
        one if one.isascii() and one.isprintable() else f"\\x{{{ord(one):X}}}" for one in text
    )


def _folded(line: str) -> str:
    out, length = "", 0
    for word in line.split(" "):
        if out and length + 1 + len(word) > _LINE:
            out, length = f"{out}\r\n {word}", 1 + len(word)
        else:
            out, length = f"{out} {word}" if out else word, length + 1 + len(word)
    return out


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        yield from (word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD))


def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(BANGKOK).replace(microsecond=0))
