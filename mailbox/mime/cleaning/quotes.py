"""Which part of a letter is the quoted original: of text, and of a tree of markup.

Only what stands apart is marked. Answers written between the lines of a quote would
make no sense without them, so there nothing is; nor is a letter marked whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from mailbox.mime.cleaning.asides import QUOTED
from mailbox.mime.styles import words_of

MAX_LINES = 60_000
_NAME = r"(?:From|จาก|Von|De)"
_FIELD = r"(?:Sent|Date|Subject|To|ส่ง|ส่งเมื่อ|วันที่|เรื่อง|ถึง|Gesendet|Envoyé)"
_HEAD = re.compile(rf"\*{{0,2}}{_NAME}\s{{0,3}}:\*{{0,2}}\s", re.IGNORECASE)
_SECOND = re.compile(rf"\*{{0,2}}{_FIELD}\s{{0,3}}:\*{{0,2}}", re.IGNORECASE)
_DIVIDER = re.compile(
    r"-{2,}\s{0,3}(?:Original (?:Message|Appointment)|ข้อความต้นฉบับ|ข้อความเดิม|จดหมายเดิม)\s{0,3}-{2,}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"\s*(?:-{2,}\s*(?:Forwarded|ข้อความที่ส่งต่อ|จดหมายส่งต่อ)|Begin forwarded|"
    r"Forwarded (?:letter|message)|จดหมายที่ส่งต่อ|ข้อความที่ส่งต่อ)",
    re.IGNORECASE,
)
_ATTRIBUTION = re.compile(
    r"(?:wrote|writes|schrieb|a écrit|เขียนว่า|ได้เขียนว่า|เขียน)\s{0,3}:?\s*$", re.IGNORECASE
)
_BEGINS = re.compile(r"\s*(?:On|เมื่อ|วันที่|Am|Le)\b", re.IGNORECASE)
_MAY_DIVIDE = re.compile(rf"{_NAME}\s{{0,3}}:|Original |ข้อความ|จดหมายเดิม", re.IGNORECASE)
# What mail programs call the block that holds the original.
_CLASSES = words_of(
    """gmail_quote gmail_quote_container yahoo_quoted protonmail_quote zmail_extra moz-cite-prefix
    moz-email-headers-table WordSection-quoted tutanota_quote"""
)
_FOLLOWED = words_of(
    "divRplyFwdMsg appendonsend OLK_SRC_BODY_SECTION mail-editor-reference-message"
)
_WRAPPABLE = words_of("div td blockquote section article center li DOCUMENT_FRAGMENT")
_BLOCKS = words_of("p div tr li h1 h2 h3 h4 h5 h6 pre blockquote td")


# --- Text -----------------------------------------------------------------


def quoted_span(lines: Sequence[str]) -> tuple[int, int]:
    """First and past-last line of the quoted original; an empty span if none stands apart."""
    lines = lines[:MAX_LINES]
    divider = next((at for at in range(len(lines)) if _divides(lines, at)), len(lines))
    regions = _marked(lines, divider)
    if divider < len(lines):
        regions = [*regions, (divider, len(lines))]
    return _apart(lines, regions)


def _divides(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    if _DIVIDER.fullmatch(line):
        return True
    if not _HEAD.match(line):
        return False
    after = [one.strip() for one in lines[at + 1 : at + 6]]
    return sum(bool(_SECOND.match(one)) for one in after) >= 2


def _marked(lines: Sequence[str], stop: int) -> list[tuple[int, int]]:
    """Runs of lines that begin with >, blank lines between them not counted, attribution too."""
    regions: list[tuple[int, int]] = []
    for at in range(stop):
        if not lines[at].startswith(">"):
            continue
        if regions and not any(line.strip() for line in lines[regions[-1][1] : at]):
            regions[-1] = (regions[-1][0], at + 1)
        else:
            regions.append((_attributed(lines, at), at + 1))
    return regions


def _attributed(lines: Sequence[str], at: int) -> int:
    """Where the line "On … wrote:" above a quote begins; it may be broken in two."""
    last = at - 1
    if last >= 0 and not lines[last].strip():
        last -= 1
    if last < 0 or not _ATTRIBUTION.search(lines[last][-80:]):
        return at
    if not _BEGINS.match(lines[last]) and last > 0 and _BEGINS.match(lines[last - 1]):
        return last - 1
    return last


def _apart(lines: Sequence[str], regions: list[tuple[int, int]]) -> tuple[int, int]:
    if not regions:
        return 0, 0
    start, stop = regions[-1]
    is_last = not any(line.strip() for line in lines[stop:])
    own = [*lines[: regions[0][0]], *lines[regions[-1][1] :]]
    between = range(regions[0][1], start)
    own += [lines[at] for at in between if not lines[at].startswith(">")]
    if not any(line.strip() for line in own) or not (is_last or len(regions) == 1):
        return 0, 0
    if any(_FORWARDED.match(line) for line in lines[max(0, start - 3) : start + 2]):
        return 0, 0
    return start, stop


def own_words(text: str) -> str:
    """A text without the quoted original that stands apart."""
    lines = text.split("\n")
    start, stop = quoted_span(lines)
    return "\n".join([*lines[:start], *lines[stop:]])


# --- Markup ---------------------------------------------------------------


def begins_quote(element: Any) -> str:
    """QUOTED for an element that is a quote, "after" for one that begins one, "" for others.

    Reads the sender's class and id, which go afterwards.
    """
    given = element.attrib
    if element.tag == "blockquote" and given.get("type", "").lower() == "cite":
        return QUOTED
    named = given.get("class", "")[:200]
    if named and not _CLASSES.isdisjoint(named.split()):
        return QUOTED
    return "after" if given.get("id", "")[:80] in _FOLLOWED else ""


def may_divide(html: str) -> bool:
    """Whether it is worth looking for a divider in so much markup."""
    return _MAY_DIVIDE.search(html) is not None


def mark(root: Any, quotes: dict[int, Any], beginnings: dict[int, Any]) -> int:
    """Put the class QUOTED on what is the quoted original; return its number of lines.

    quotes, beginnings: elements for which `begins_quote` said so, by id(). The
    elements stay where they are, but for what follows a beginning: it is put into a block.
    """
    if not beginnings and not quotes and not (beginnings := _dividers(root)):
        return 0
    first = next((one for one in root.iter() if id(one) in beginnings), None)
    if first is not None and not _is_inside(first, root, quotes):
        wrapped = _wrap_rest(root, first)
        quotes = quotes | {id(one): one for one in wrapped}
    regions = _regions(root, quotes)
    kept = _standing_apart(regions)
    for element in kept:
        element.attrib["class"] = QUOTED
    return sum(map(_lines_in, kept))


def _dividers(root: Any) -> dict[int, Any]:
    """The block that begins like "From: … Sent: …", as Outlook writes it."""
    for element in root.iter():
        if element.tag not in _BLOCKS or not isinstance(element.tag, str):
            continue
        head = _beginning_of(element)
        line = head.strip()
        if _DIVIDER.match(line) or (_HEAD.match(line) and len(_SECOND.findall(line)) >= 2):
            return {id(element): element}
    return {}


def _beginning_of(element: Any) -> str:
    """The first words of an element, on one line."""
    return " ".join(_first_words(element, 30).split())[:600]


def _first_words(element: Any, nodes: int) -> str:
    words: list[str] = []
    for one in islice(element.iter(), nodes):
        words.append(one.text or "")
        if one is not element:
            words.append(one.tail or "")
    return " ".join(words)


def _parents(root: Any) -> dict[int, Any]:
    return {id(child): parent for parent in root.iter() for child in parent}


def _is_inside(element: Any, root: Any, quotes: dict[int, Any]) -> bool:
    parents, above = _parents(root), element
    while above is not None:
        if id(above) in quotes:
            return True
        above = parents.get(id(above))
    return False


def _wrap_rest(root: Any, first: Any) -> list[Any]:
    """Put an element and all that follows it into blocks, one at each level; give the blocks."""
    parents, wrapped = _parents(root), []
    below, include = first, True
    while (parent := parents.get(id(below))) is not None:
        children = list(parent)
        at = next(number for number, child in enumerate(children) if child is below)
        rest = children[at if include else at + 1 :]
        if rest and parent.tag in _WRAPPABLE:
            block = root.makeelement("div", {})
            parent[at if include else at + 1 :] = [block]
            block[:] = rest
            wrapped.append(block)
        elif rest:
            wrapped.extend(rest)
        below, include = parent, False
    return wrapped


def _regions(root: Any, quotes: dict[int, Any]) -> list[tuple[bool, list[Any]]]:
    """The letter in its order as own words (False) and runs of quotes (True), alternating."""
    regions: list[tuple[bool, list[Any]]] = []
    last_block: Any = None
    for kind, value in _walk(root, quotes):
        if kind == "quote":
            attribution = [last_block] if last_block is not None and _attributes(last_block) else []
            if not regions or not regions[-1][0]:
                regions.append((True, []))
            regions[-1][1].extend([*attribution, value])
            last_block = None
        elif kind == "block":
            last_block = value
        else:
            last_block = None
            if not regions or regions[-1][0]:
                regions.append((False, []))
    return regions


def _walk(root: Any, quotes: dict[int, Any]) -> Iterator[tuple[str, Any]]:
    """Words of one's own, the blocks they are in, and quotes without looking into them."""
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        element, is_tail = waiting.pop()
        if is_tail:
            yield from (("words", element),) if (element.tail or "").strip() else ()
        elif id(element) in quotes:
            yield "quote", element
        else:
            if element.tag in _BLOCKS:
                yield "block", element
            if _attributes(element):
                continue
            if (element.text or "").strip() or element.tag == "img":
                yield "words", element
            waiting += [
                pair for child in reversed(element) for pair in ((child, True), (child, False))
            ]


def _attributes(element: Any) -> bool:
    """Whether a short block is the line "On … wrote:"."""
    if element.tag not in ("div", "p", "span"):
        return False
    text = _first_words(element, 12).strip()
    return len(text) < 400 and _ATTRIBUTION.search(text[-80:]) is not None


def _standing_apart(regions: list[tuple[bool, list[Any]]]) -> list[Any]:
    """The elements to mark: the only quote, or the last if nothing follows it."""
    quoted = [number for number, (is_quote, _) in enumerate(regions) if is_quote]
    has_own = any(not is_quote for is_quote, _ in regions)
    if not quoted or not has_own:
        return []
    last = quoted[-1]
    if len(quoted) > 1 and last != len(regions) - 1:
        return []
    elements = regions[last][1]
    return [] if _FORWARDED.match(_beginning_of(elements[0])) else elements


def _lines_in(element: Any) -> int:
    """About how many lines an element shows."""
    lines = 0
    for one in element.iter():
        lines += one.tag == "br"
        if one.tag in _BLOCKS:
            lines += bool((one.text or "").strip()) or (len(one) > 0 and one[0].tag not in _BLOCKS)
    return max(1, lines)
