"""What a header says besides its people: list mail, machines' mail, a receipt that is asked for."""

from __future__ import annotations

from mailbox.mime.addresses import is_valid_address, read_addresses
from mailbox.mime.headers import Headers, parse_parameters, raw_text
from mailbox.mime.parts.structure import Part
from mailbox.mime.rendition import Address

# RFC 2369, RFC 2919; and what list software wrote before them.
_LIST_FIELDS = frozenset(
    ("list-id", "list-post", "list-unsubscribe", "list-help", "mailing-list", "x-mailing-list")
)
_BULK = frozenset(("bulk", "list", "junk"))
# Of Microsoft's X-Auto-Response-Suppress: those that ask for no answer from a machine.
_SUPPRESSED = frozenset(("all", "oof", "autoreply"))


def is_list(headers: Headers) -> bool:
    """Whether a message came through a mailing list or was sent in bulk."""
    if any(name in _LIST_FIELDS for name, _ in headers.fields):
        return True
    return headers.text("precedence").strip().lower() in _BULK


def is_automatic(root: Part) -> bool:
    """Whether no person wrote a message, or its writer wants no machine to answer (RFC 3834)."""
    headers = root.headers
    submitted = parse_parameters(headers.get("auto-submitted")[:1_000]).main
    if submitted not in ("", "no"):
        return True
    suppressed = raw_text(headers.get("x-auto-response-suppress")[:1_000]).lower()
    if _SUPPRESSED & {word.strip() for word in suppressed.split(",")}:
        return True
    return root.type == "multipart/report" or bool(headers.get("x-autoreply"))


def receipt_to(headers: Headers) -> Address | None:
    """Who asks for a read receipt; nobody if it is not exactly one address (RFC 8098 2.1)."""
    people, _ = read_addresses(headers.get_all("disposition-notification-to"))
    if len(people) != 1 or not is_valid_address(people[0].address):
        return None
    return people[0]
