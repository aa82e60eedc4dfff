"""What our own MTA wrote above a message, told from what came along with it.

The last hop's fields stand above the second `Received`. Only there, and only beside an
Authentication-Results with our MTA's name (RFC 8601 5), is a spam filter's word believed;
fields elsewhere that bear that name were written by somebody who hoped to be believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbox.mime.addresses import domain_of, read_addresses
from mailbox.mime.headers import Headers, raw_text, split_fields
from mailbox.mime.parts.structure import MAX_HEADER_BYTES, header_block
from mailbox.mime.trust.authentication import (
    MAX_FIELD,
    Authentication,
    read_authentication,
    without_comments,
)

_RESULTS = "authentication-results"
# What rspamd's milter_headers and its like write for "this is spam".
_SPAM = {"x-spam": ("yes",), "x-spam-flag": ("yes",), "x-spam-status": ("yes",)}
_FIELD = re.compile(rb"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n?")
_LINE_END = re.compile(rb"\A\r?\n")
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_DELIVERED = re.compile(
    rb"^delivered-to[ \t]*:[ \t]*([^\r\n]{1,320})", re.IGNORECASE | re.MULTILINE
)
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)


def headers_of(raw: bytes) -> Headers:
    """The header of a message, of at most 256 KiB; nothing where it is larger."""
    block = header_block(raw)
    return split_fields(block) if len(block) <= MAX_HEADER_BYTES else Headers([])


def author_of(headers: Headers, authserv_id: str) -> tuple[str, Authentication]:
    """The one address in From ("" where there is not exactly one), and what our MTA found."""
    people, _more = read_addresses(headers.get_all("from"))
    is_one = len(people) == 1 and len(headers.get_all("from")) == 1
    author = people[0].address.lower() if is_one else ""
    domains = [domain_of(author)] if author else []
    return author, read_authentication(headers, authserv_id, domains)


def results_of(headers: Headers, authserv_id: str) -> bytes:
    """What our own MTA wrote into its Authentication-Results, its name first; "" if nothing."""
    if not authserv_id:
        return b""
    own = (value for name, value in _last_hop(headers) if name == _RESULTS)
    return next((value for value in own if is_by(value, authserv_id)), b"")


def is_called_spam(headers: Headers, authserv_id: str) -> bool:
    """Whether the filter of our own MTA calls a message spam; never without an authserv_id."""
    is_ours = is_spam = False
    for name, value in _last_hop(headers):
        if name == _RESULTS:
            is_ours = is_ours or is_by(value, authserv_id)
        elif name in _SPAM:
            word = re.match(r"[a-z]*", raw_text(value[:100]).strip().lower())
            is_spam = is_spam or (word is not None and word[0] in _SPAM[name])
    return is_ours and is_spam


def is_by(value: bytes, authserv_id: str) -> bool:
    """Whether a field's findings are signed with this name (RFC 8601 2.2)."""
    identity = without_comments(raw_text(value[:MAX_FIELD])).partition(";")[0].split()
    return bool(authserv_id and identity) and identity[0].strip('"').lower() == authserv_id.lower()


def without_forged(raw: bytes, authserv_id: str) -> bytes:
    """The message without those fields that bear our MTA's name and are not its own.

    Its own is the topmost of that name, above the second `Received`. Octet by octet the
    same where nobody pretended.
    """
    block = header_block(raw)
    name = authserv_id.encode().lower()
    if not name or len(block) > MAX_HEADER_BYTES or name not in block.lower():
        return raw
    kept: list[bytes] = []
    hops, has_own = 0, False
    for field in _fields(block):
        named = _NAME.match(field)
        what = named[1].lower() if named else b""
        hops += what == b"received"
        if what == _RESULTS.encode() and named and is_by(field[named.end() :], authserv_id):
            if has_own or hops > 1:
                continue
            has_own = True
        kept.append(field)
    said = b"".join(kept)
    rest = raw[len(block) :]
    if len(said) < len(block) and (not said or said.endswith(b"\n")):
        # The last field of the block went, whose line end stands in the rest.
        rest = _LINE_END.sub(b"", rest, count=1)
    return said + rest


def hops_of(raw: bytes) -> int:
    """Through how many servers a message has gone (RFC 5321 6.3)."""
    return len(_RECEIVED.findall(header_block(raw)[:MAX_HEADER_BYTES]))


def was_delivered_to(raw: bytes, address: str) -> bool:
    """Whether a message has been in the mailbox of that address before (RFC 9228)."""
    wanted = address.lower().encode()
    found = _DELIVERED.findall(header_block(raw)[:MAX_HEADER_BYTES])
    return any(each.strip().lower() == wanted for each in found)


def is_passed_on(raw: bytes) -> bool:
    """Whether a message has been in somebody's mailbox: what we write ourselves never says so."""
    return _DELIVERED.search(header_block(raw)[:MAX_HEADER_BYTES]) is not None


def _last_hop(headers: Headers) -> Iterator[tuple[str, bytes]]:
    hops = 0
    for name, value in headers.fields:
        hops += name == "received"
        if hops > 1:
            return
        yield name, value


def _fields(block: bytes) -> Iterator[bytes]:
    """The fields of a header block with their folded lines and line ends, octet by octet."""
    position = 0
    while position < len(block):
        match = _FIELD.match(block, position)
        if match is None or match.end() == position:  # nothing a line is made of
            yield block[position:]
            return
        yield match[0]
        position = match.end()
