"""What joins messages to conversations: Message-IDs and base subjects.

RFC 5322 3.6.4 and RFC 5256 2.1, with the prefixes Thai mailers write.
"""

from __future__ import annotations

import re

MAX_IDS = 200
_ID = re.compile(r"<([^<>]{1,900})>")
_PREFIX = re.compile(
    r"(?:\s*(?:re|fwd?|aw|wg|sv|vs|rv|tr|antw|ตอบ|ตอบกลับ|ส่งต่อ|สต)\s*(?:\[[^\[\]]{0,20}\]|\(\d{1,4}\))?\s*[:：]\s*)",
    re.IGNORECASE,
)
_LIST_TAG = re.compile(r"\s*\[[^\[\]]{0,100}\]\s*")
_TRAILER = re.compile(r"\s*\(fwd\)\s*\Z", re.IGNORECASE)
_FORWARDED = re.compile(r"\[fwd:\s*(.*)\]\Z", re.IGNORECASE)


def message_ids(header: str) -> tuple[str, ...]:
    """Message-IDs without angle brackets, in order, each once; at most 200, the latest kept.

    A header without brackets gives its words that look like an id.
    """
    found = ["".join(one.split()) for one in _ID.findall(header[:200_000])]
    found = [one for one in found if one]
    if not found:
        found = [word for word in header[:2_000].split() if "@" in word and len(word) <= 900]
    return tuple(dict.fromkeys(found))[-MAX_IDS:]


def _without_prefix(subject: str) -> str:
    match = _PREFIX.match(subject)
    if match and match.end():
        return subject[match.end() :]
    tag = _LIST_TAG.match(subject)
    if tag and subject[tag.end() :].strip():
        return subject[tag.end() :]
    return subject


def base_subject(subject: str) -> str:
    """The subject without Re:, Fwd:, ตอบ:, ส่งต่อ:, list tags and case, on single spaces."""
    text = " ".join(subject[:2_000].split())
    for _ in range(50):
        before = text
        text = _TRAILER.sub("", text).strip()
        inner = _FORWARDED.match(text)
        text = inner[1].strip() if inner else text
        text = _without_prefix(text).strip()
        if text == before:
            break
    return text.casefold()


def answer_subject(subject: str) -> str:
    """The subject of an answer: `Re: ` once."""
    return f"Re: {_stripped_prefixes(subject)}".strip()


def forward_subject(subject: str) -> str:
    """The subject of a message passed on: `Fwd: ` once."""
    return f"Fwd: {_stripped_prefixes(subject)}".strip()


def _stripped_prefixes(subject: str) -> str:
    """The subject as written, but for the prefixes at its front; list tags stay."""
    text = subject.strip()
    for _ in range(50):
        match = _PREFIX.match(text)
        if not match or not match.end():
            break
        text = text[match.end() :].strip()
    return text
