"""Write a read receipt's machine-readable part: message/disposition-notification (RFC 8098 3)."""

from __future__ import annotations

from mailbox.mime.build import checked, wire_address

USER_AGENT = "GovMail Portal"


def displayed(*, reader: str, original: str) -> bytes:
    """That the reader has seen the letter of this Message-ID, and sent this by their own hand."""
    address = wire_address(reader)
    kind = "rfc822" if address.isascii() else "utf-8"
    lines = [
        f"Reporting-UA: {USER_AGENT}",
        f"Final-Recipient: {kind};{address}",
        f"Original-Message-ID: <{checked(original)}>",
        "Disposition: manual-action/MDN-sent-manually; displayed",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()
