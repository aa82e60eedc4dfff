"""Names and domains that pretend: hidden characters, foreign letters, look-alikes (UTS 39).

A Thai name with a Latin one beside it is ordinary; a word in which Latin and Cyrillic
letters stand together is not. Nothing here asks a table: it takes text and gives marks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from mailbox.mime.rendition import Address

# What can be wrong with a sender's name; the page has a sentence for each.
MARKS = ("address-in-name", "hidden-characters", "mixed-scripts")
MAX_NAME = 1_000

# Letters that pass for Latin ones (UTS 39 5.2: not even "moderately restrictive" joins them).
_PRETENDERS = frozenset(("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET"))
# Written together in one language each (UTS 39 5.1, augmented script sets).
_EAST_ASIAN = frozenset(("CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO", "HANGUL"))
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_MARK_OF_DIRECTION = re.compile("[\u061c\u200e\u200f]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f]"
)
# Between two letters of a script that needs them (Thai breaks lines there, Indic joins), or
# in an emoji, they are spelling; beside a Latin letter or a digit they hide something.
_ZERO_WIDTH = re.compile("[\u200b-\u200d]")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Letters only: neither spaces nor what shows nothing hides the words.
_BEHALF = ("onbehalfof", "ในนาม")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def marks_of(raw: str, senders: Sequence[Address]) -> tuple[str, ...]:
    """What is wrong with the senders of a message, out of MARKS.

    raw: the From field with its encoded words decoded, before anything was taken out of it.
    """
    found = {
        "address-in-name": any(has_other_address(who.name, who.address) for who in senders),
        "hidden-characters": has_hidden(raw),
        "mixed-scripts": any(
            pretends(who.name) or pretends(unicode_domain(who.address)) for who in senders
        ),
    }
    return tuple(mark for mark in MARKS if found[mark])


def claims_behalf(name: str) -> bool:
    """Whether a name says by itself that somebody writes on another's behalf, as our pages do."""
    plain = unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold()
    letters = "".join(one for one in plain if unicodedata.category(one)[0] in "LM")
    return any(words in letters for words in _BEHALF)


def has_other_address(name: str, address: str) -> bool:
    """Whether a name shows an address that is not the sender's."""
    plain = unicodedata.normalize("NFKC", name[:MAX_NAME]).lower()
    own = address.lower()
    return any(shown.strip(".") != own for shown in _ADDRESS.findall(plain))


def has_hidden(text: str) -> bool:
    """Whether a text holds characters that show nothing, or turn its direction around."""
    text = text[: 20 * MAX_NAME]
    if _CONTROL.search(text) or _INVISIBLE.search(text):
        return True
    if _BIDI.search(text):
        turned = text if _RIGHT_TO_LEFT.search(text) is None else _MARK_OF_DIRECTION.sub("", text)
        if _BIDI.search(turned):
            return True
    return any(_hides(text, match.start()) for match in _ZERO_WIDTH.finditer(text))


def _hides(text: str, at: int) -> bool:
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    return not all(one and not one.isascii() and _script(one) != "LATIN" for one in (before, after))


def pretends(text: str) -> bool:
    """Whether letters of one script stand in for those of another (UTS 39 4 and 5)."""
    text = text[:MAX_NAME]
    if text.isascii():
        return False
    if any("MATHEMATICAL" in unicodedata.name(letter, "") for letter in text):
        return True
    words = _LETTERS.findall(text)
    if any(_is_mixed(word) for word in words):
        return True
    pretending = [word for word in words if _scripts(word) & _PRETENDERS]
    return bool(pretending) and all(_passes_for_latin(word) for word in pretending)


def _is_mixed(word: str) -> bool:
    scripts = _scripts(word) - _EAST_ASIAN
    if scripts & _PRETENDERS:
        return len(_scripts(word)) > 1
    return len(scripts) > 2


def _scripts(word: str) -> frozenset[str]:
    return frozenset(_script(letter) for letter in word) - {""}


@lru_cache(maxsize=4_096)
def _script(letter: str) -> str:
    """The script a letter belongs to, by the first word of its name; "" for what all share."""
    if not unicodedata.category(letter).startswith("L"):
        return ""
    first = unicodedata.name(letter, "").partition(" ")[0]
    return {"FULLWIDTH": "LATIN", "MODIFIER": "", "FEMININE": "", "MASCULINE": ""}.get(first, first)


def _passes_for_latin(word: str) -> bool:
    """Whether all of a word could be read as Latin letters: Cyrillic "раура"."""
    return len(word) > 1 and all(_latin(letter) != letter for letter in word if _script(letter))


@lru_cache(maxsize=4_096)
def _latin(letter: str) -> str:
    """The ASCII letter or digit that looks like this one (UTS 39, confusables); else itself."""
    if letter.isascii():
        return letter
    plain = unicodedata.normalize("NFKD", letter)[:1]
    if plain.isascii() and plain.isalnum():
        return plain.lower()
    # A megabyte of data that most mail never needs.
    from confusable_homoglyphs import confusables  # type: ignore[import-untyped]  # no types

    for entry in confusables.confusables_data.get(letter, ()):
        shown = str(entry["c"])
        if len(shown) == 1 and shown.isascii() and shown.isalnum():
            return shown.lower()
    return letter


# --- Domains --------------------------------------------------------------

MAX_DOMAIN = 60
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-."
_TWINS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("1", "i"))


def unicode_domain(address: str) -> str:
    """The domain of an address, or a domain, as it is shown: punycode undone (RFC 3492)."""
    domain = address.rpartition("@")[2].lower()
    return ".".join(_shown_label(label) for label in domain.split(".")[:20])


def _shown_label(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def skeleton(domain: str) -> str:
    """A domain with every letter turned into the ASCII one it looks like."""
    return "".join(_latin(letter) for letter in unicode_domain(domain)).lower()


@lru_cache(maxsize=256)
def lookalikes(domain: str) -> frozenset[str]:
    """Domains that this one could be taken for: same looks, one edit away, or as its beginning.

    Some thousand at most; empty for a domain too long to be read at a glance.
    """
    shown = skeleton(domain)
    if not shown or len(shown) > MAX_DOMAIN:
        return frozenset()
    found = {shown, *_twins(shown), *_edits(shown), *_beginnings(shown)}
    return frozenset(found) - {domain.lower()}


def _twins(shown: str) -> Iterator[str]:
    for many, one in _TWINS:
        for old, new in ((many, one), (one, many)):
            yield shown.replace(old, new)
            at = shown.find(old)
            while at >= 0:
                yield shown[:at] + new + shown[at + len(old) :]
                at = shown.find(old, at + 1)


def _edits(shown: str) -> Iterator[str]:
    for at in range(len(shown) + 1):
        before, after = shown[:at], shown[at:]
        yield from (before + letter + after for letter in _ALPHABET)
        if after:
            yield before + after[1:]
            yield from (before + letter + after[1:] for letter in _ALPHABET)
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]


def _beginnings(shown: str) -> Iterator[str]:
    """What stands at the front: mot.go.th of mot.go.th.else.example and of mot-go-th.example."""
    for spelt in (shown, shown.replace("-", ".")):
        labels = spelt.split(".")
        yield from (".".join(labels[:count]) for count in range(2, len(labels)))
