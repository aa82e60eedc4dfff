"""Read a report on a letter: whom did it reach, whom not, and in whose words.

RFC 3464 in a multipart/report (RFC 6522) or wherever else a server has put it, RFC 6533
for addresses beyond ASCII, Exim's X-Failed-Recipients, and the plain text of qmail.
Anybody who has had the letter can write such a report: what is read here is a claim.
Costs time linear in the length and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mailbox.mime.charsets import decode, one_line
from mailbox.mime.headers import Headers, split_fields
from mailbox.mime.parts.attachments import decoded
from mailbox.mime.parts.structure import OverLimit, Part, read_structure
from mailbox.mime.threading import message_ids

MAX_BYTES = 256 * 1024
MAX_RECIPIENTS = 1_000
LONGEST_WORDS = 500
LONGEST_ADDRESS = 320

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_LETTER_TYPES = (
    *("message/rfc822", "text/rfc822-headers"),
    *("message/global", "message/global-headers"),
)
_BLANK_LINES = re.compile(rb"(?:\r?\n[ \t]*){2,}")
_CODE = re.compile(r"\b([245]\d\d)(?=[ -])")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_BEGINS = re.compile(r"([245]\d\d)[ -]+")
_BEGINS_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}[ :-]+")
_WORD = re.compile(r"\s{0,100}([a-z]{1,20})")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_QMAIL = re.compile(r"^Hi\. This is the ", re.MULTILINE)
_QMAIL_FAILED = re.compile(r"^<([^<>\s]{3,320})>:[ \t]*\n((?:[^\n]+\n){1,20})", re.MULTILINE)


class Action(StrEnum):
    """What a server says it did (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


# And what servers write that have not read it.
_ACTIONS = {action.value: action for action in Action} | {
    "failure": Action.FAILED,
    "expired": Action.FAILED,
}


@dataclass(frozen=True)
class Outcome:
    """What became of the letter for one recipient.

    recipient: where it was going in the end; original: whom we had named, where that is
    said. status: as RFC 3463 has it, or empty. code: of the reply it rests on, or 0.
    words: the reply, on one line.
    """

    recipient: str
    original: str
    action: Action
    status: str = ""
    code: int = 0
    words: str = ""


@dataclass(frozen=True)
class Report:
    """What a server reports of one letter. original_id, subject: the letter's, if it came along."""

    outcomes: tuple[Outcome, ...]
    original_id: str = ""
    subject: str = ""


def read(raw: bytes) -> Report | None:
    """The report that a message is, or None where it is none (a person's answer, say)."""
    try:
        root = read_structure(raw)
    except OverLimit:
        return None
    parts = list(_leaves(root))
    outcomes = _standard(raw, parts) or _failed_field(root.headers) or _qmail(raw, parts)
    if not outcomes:
        return None
    original_id, subject = _letter(raw, parts)
    return Report(tuple(outcomes[:MAX_RECIPIENTS]), original_id, subject)


def _leaves(root: Part) -> Iterator[Part]:
    waiting = [root]
    while waiting:
        part = waiting.pop()
        waiting.extend(reversed(part.children))
        if not part.children:
            yield part


def _beginning(raw: bytes, part: Part) -> bytes:
    return decoded(raw, replace(part, stop=min(part.stop, part.start + MAX_BYTES)))


# --- As the standard has it ---------------------------------------------------


def _standard(raw: bytes, parts: list[Part]) -> list[Outcome]:
    status = next((part for part in parts if part.type in _STATUS_TYPES), None)
    if status is None:
        return []
    return [found for group in _groups(_beginning(raw, status)) if (found := _outcome(group))]


def _groups(block: bytes) -> Iterator[Headers]:
    """The fields of each recipient, also where no blank line stands between two of them."""
    for piece in _BLANK_LINES.split(block.strip()):
        fields: list[tuple[str, bytes]] = []
        for name, value in split_fields(piece).fields:
            if name == "final-recipient" and any(one == name for one, _ in fields):
                yield Headers(fields)
                fields = []
            fields.append((name, value))
        yield Headers(fields)


def _outcome(fields: Headers) -> Outcome | None:
    final, original = (_address(fields, name) for name in ("final-recipient", "original-recipient"))
    if not (final or original):
        return None
    words = _diagnostic(fields)
    status = _status(fields.text("status"), words)
    action = _action(fields.text("action"), status)
    if action is None:
        return None
    code = _CODE.search(words)
    return Outcome(
        recipient=final or original,
        original=original,
        action=action,
        status=status,
        code=int(code[1]) if code else 0,
        words=_without_codes(words),
    )


def _address(fields: Headers, name: str) -> str:
    """`rfc822; somebody@example`, in angle brackets or without a type as some write it."""
    kind, semicolon, address = fields.text(name)[:2_000].partition(";")
    if not semicolon:
        kind, address = "", kind
    if kind.strip().lower() == "utf-8":
        address = _ESCAPED.sub(_unescaped, address)
    return _shown(address.strip().strip("<>"), LONGEST_ADDRESS)


def _unescaped(match: re.Match[str]) -> str:
    number = int(match[1], 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def _diagnostic(fields: Headers) -> str:
    """The reply of the server that refused: `smtp; 550 5.1.1 …`, or Microsoft's own field."""
    text = fields.text("diagnostic-code") or fields.text("x-supplementary-info")
    kind, semicolon, words = text[:8_000].partition(";")
    return words.strip() if semicolon and len(kind) < 40 else text[:8_000].strip()


def _status(said: str, words: str) -> str:
    """The status, the more telling of the field's and the reply's (5.0.0 tells nothing)."""
    pieces = [_ENHANCED.search(text[:8_000]) for text in (said, words)]
    found = [piece[0] for piece in pieces if piece]
    telling = [one for one in found if not one.endswith(".0.0") and one[0] == found[0][0]]
    return next(iter([*telling, *found]), "")


def _action(said: str, status: str) -> Action | None:
    """The first word of Action; of a word nobody knows the status decides."""
    word = _WORD.match(said.lower())
    if word and word[1] in _ACTIONS:
        return _ACTIONS[word[1]]
    by_class = {"5": Action.FAILED, "4": Action.DELAYED, "2": Action.DELIVERED}
    return by_class.get(status[:1])


def _without_codes(words: str) -> str:
    """Every line of a long reply repeats code and status (RFC 5321 §4.2.1): they stand apart."""
    begins = _BEGINS.match(words)
    if begins:
        enhanced = r"\d\.\d{1,3}\.\d{1,3}"
        again = rf"\s{begins[1]}(?:-|\s{{1,3}}(?={enhanced}))(?:{enhanced}\s)?"
        words = re.sub(again, " ", words[begins.end() :])
    enhanced_first = _BEGINS_ENHANCED.match(words)
    return _shown(words[enhanced_first.end() if enhanced_first else 0 :], LONGEST_WORDS)


def _shown(text: str, length: int) -> str:
    """One line of what can be seen: nothing that turns, hides or breaks it."""
    seen = "".join(one for one in one_line(text[: length * 4]) if one.isprintable())
    return " ".join(seen.split())[:length]


# --- As others have it --------------------------------------------------------


def _failed_field(headers: Headers) -> list[Outcome]:
    """Exim names those it could not reach in a field, and tells why in prose."""
    text = ",".join(headers.text("x-failed-recipients")[:MAX_BYTES].splitlines())
    addresses = [_shown(one.strip().strip("<>"), LONGEST_ADDRESS) for one in text.split(",")]
    return [Outcome(one, "", Action.FAILED) for one in addresses if "@" in one]


def _qmail(raw: bytes, parts: list[Part]) -> list[Outcome]:
    """QSBMF: a paragraph for each recipient, `<address>:` and the reason under it."""
    text_part = next((part for part in parts if part.type == "text/plain"), None)
    if text_part is None:
        return []
    octets = _beginning(raw, text_part)[: MAX_BYTES // 4]
    text = decode(octets, text_part.parameters.get("charset", ""))[0].replace("\r\n", "\n")
    if _QMAIL.search(text[:2_000]) is None:
        return []
    letter = text.partition("\n--- Below this line")[0] + "\n"
    found = []
    for match in _QMAIL_FAILED.finditer(letter):
        words = _shown(match[2], LONGEST_WORDS)
        status, code = _ENHANCED.search(words), _CODE.search(words)
        found.append(
            Outcome(
                recipient=_shown(match[1], LONGEST_ADDRESS),
                original="",
                action=Action.FAILED,
                status=status[0] if status and status[1] == "5" else "",
                code=int(code[1]) if code else 0,
                words=words,
            )
        )
    return found


def _letter(raw: bytes, parts: list[Part]) -> tuple[str, str]:
    """Message-ID and subject of the letter that came back, from its header."""
    letter = next((part for part in parts if part.type in _LETTER_TYPES), None)
    if letter is None:
        return "", ""
    headers = split_fields(_beginning(raw, letter).lstrip(b"\r\n"))
    ids = message_ids(one_line(headers.text("message-id")))
    return ids[0] if ids else "", _shown(headers.text("subject"), LONGEST_WORDS)
