"""Read receipts that come back: what a message/disposition-notification says (RFC 8098 3)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mailbox.mime.charsets import BIDI_CONTROLS, one_line
from mailbox.mime.headers import parse_parameters, split_fields
from mailbox.mime.threading import message_ids

MAX_BYTES = 64 * 1024
DISPOSITIONS = ("displayed", "deleted", "dispatched", "processed")


@dataclass(frozen=True)
class Report:
    """What became of a letter at its reader's. recipient: an address; original: a Message-ID."""

    disposition: str
    recipient: str
    original: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any] | None) -> Report | None:
        if not value:
            return None
        return cls(**{name: value.get(name, "") for name in cls.__dataclass_fields__})


def read_report(data: bytes) -> Report | None:
    """The fields of a disposition notification; None if it names no disposition we know."""
    fields = split_fields(data[:MAX_BYTES].lstrip(b"\r\n"))
    disposition = parse_parameters(fields.get("disposition"))
    pieces = fields.text("disposition").partition(";")[2]
    kind = pieces.partition("/")[0].split(",")[0].strip().lower()
    if not disposition.main or kind not in DISPOSITIONS:
        return None
    recipient = fields.text("final-recipient") or fields.text("original-recipient")
    original = message_ids(one_line(fields.text("original-message-id")))
    return Report(
        disposition=kind,
        recipient=BIDI_CONTROLS.sub("", recipient.rpartition(";")[2].strip())[:320],
        original=original[0] if original else "",
    )
