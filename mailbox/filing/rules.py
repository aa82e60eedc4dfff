"""Filter rules: what a person wants done with mail of a kind, as data.

A rule is conditions and deeds in plain values; its JSON is what is sealed. Nothing of
a rule is ever text of another language (Sieve, SQL, a pattern), so that nothing can be
smuggled in by a name or a value. Looking at a letter opens no row.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailbox.mime.addresses import domain_of, is_valid_address
from mailbox.mime.rendition import Rendition

LONGEST_NAME, LONGEST_VALUE = 100, 300
MOST_CONDITIONS, MOST_LABELS, MOST_FORWARDS = 20, 10, 5

# Conditions on a text take a way of comparing; "larger" counts bytes; marks need no value.
TEXTS = ("from", "to", "subject")
WAYS = ("contains", "is", "domain")
MARKS = ("attachment", "list")
SIZE = "larger"

# Where a letter may be moved besides own folders, which are named by their id. The bin
# keeps it for 30 days; no rule deletes for ever.
PLACES = ("archive", "spam", "trash")

_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
# The vowel am typed as its two halves, perhaps with a tone between, as old mailers do.
_AM = re.compile("\u0e4d([\u0e48-\u0e4b]?)\u0e32")


class RuleUnreadable(ValueError):
    """What was opened is no rule."""


def plain(text: str) -> str:
    """Text as it is compared: NFC, no case, Arabic digits, single spaces."""
    text = unicodedata.normalize("NFC", text).casefold().translate(_DIGITS)
    return " ".join(_AM.sub("\\1\u0e33", text).split())


@dataclass(frozen=True)
class Facts:
    """What rules may ask of a letter. names, addresses and subject are as they are compared."""

    names: Mapping[str, tuple[str, ...]]
    addresses: Mapping[str, tuple[str, ...]]
    subject: str
    size: int
    marks: frozenset[str]

    @classmethod
    def of(cls, rendition: Rendition) -> Facts:
        people = {"from": rendition.senders, "to": (*rendition.to, *rendition.cc)}
        marks = {
            "attachment": any(not one.inline for one in rendition.attachments),
            "list": rendition.is_list,
        }
        return cls(
            {name: tuple(plain(who.name) for who in them) for name, them in people.items()},
            {name: tuple(plain(who.address) for who in them) for name, them in people.items()},
            plain(rendition.subject),
            rendition.raw_length,
            frozenset(name for name, is_so in marks.items() if is_so),
        )


@dataclass(frozen=True)
class Condition:
    """field: of TEXTS, MARKS, or SIZE. how: of WAYS for texts. value: text, or bytes as digits."""

    field: str
    how: str = ""
    value: str = ""

    def is_met(self, facts: Facts) -> bool:
        if self.field in MARKS:
            return self.field in facts.marks
        if self.field == SIZE:
            return facts.size > int(self.value)
        wanted = plain(self.value)
        if self.how == "domain":
            wanted = wanted.lstrip("@.")
            return any(_ends_in(domain_of(one), wanted) for one in facts.addresses[self.field])
        if self.field == "subject":
            return wanted == facts.subject if self.how == "is" else wanted in facts.subject
        said = (*facts.names[self.field], *facts.addresses[self.field])
        return wanted in said if self.how == "is" else any(wanted in one for one in said)

    def to_json(self) -> list[str]:
        return [self.field, self.how, self.value]


@dataclass(frozen=True)
class Deeds:
    """What is done. move_to: "", one of PLACES, or an own folder's id; labels: ids;
    forward_to: addresses of colleagues; stop: later rules are not asked."""

    move_to: str = ""
    labels: tuple[str, ...] = ()
    star: bool = False
    read: bool = False
    forward_to: tuple[str, ...] = ()
    stop: bool = False

    @property
    def is_nothing(self) -> bool:
        return self == Deeds()

    @property
    def throws_away(self) -> bool:
        return self.move_to in ("spam", "trash")


@dataclass(frozen=True)
class Rule:
    """name is its owner's. needs_all: every condition must be met, else any one."""

    name: str = ""
    needs_all: bool = True
    conditions: tuple[Condition, ...] = ()
    deeds: Deeds = Deeds()

    def is_met(self, facts: Facts) -> bool:
        """Whether the rule is for this letter; one without conditions is for none."""
        met = (condition.is_met(facts) for condition in self.conditions)
        return bool(self.conditions) and (all(met) if self.needs_all else any(met))

    def to_json(self) -> dict[str, Any]:
        deeds = self.deeds
        return {
            "name": self.name,
            "all": self.needs_all,
            "if": [condition.to_json() for condition in self.conditions],
            "move": deeds.move_to,
            "labels": list(deeds.labels),
            "forward": list(deeds.forward_to),
            "marks": [name for name in ("star", "read", "stop") if getattr(deeds, name)],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """What `to_json` gave. RuleUnreadable where it is something else."""
        try:
            marks = set(value["marks"])
            rule = cls(
                name=_text(value["name"]),
                needs_all=value["all"] is True,
                conditions=tuple(Condition(*map(_text, one)) for one in value["if"]),
                deeds=Deeds(
                    move_to=_text(value["move"]),
                    labels=tuple(map(_text, value["labels"])),
                    forward_to=tuple(map(_text, value["forward"])),
                    star="star" in marks,
                    read="read" in marks,
                    stop="stop" in marks,
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RuleUnreadable from error
        if not all(is_sound(one) for one in rule.conditions):
            raise RuleUnreadable
        return rule


def is_sound(condition: Condition) -> bool:
    """Whether a condition says something that can be asked."""
    if condition.field in MARKS:
        return True
    if condition.field == SIZE:
        return condition.value.isascii() and condition.value.isdigit() and len(condition.value) < 16
    is_domain = condition.how == "domain" and condition.field == "subject"
    known = condition.field in TEXTS and condition.how in WAYS and not is_domain
    return known and bool(plain(condition.value).strip("@."))


def chosen(rules: Iterable[Rule], facts: Facts) -> list[Deeds]:
    """The deeds of the rules that are for this letter, in order, until one says stop."""
    deeds = []
    for rule in rules:
        if rule.is_met(facts):
            deeds.append(rule.deeds)
            if rule.deeds.stop:
                break
    return deeds


def together(deeds: Sequence[Deeds]) -> Deeds:
    """What several rules want, as one: the first that moves decides where to."""
    return Deeds(
        move_to=next((one.move_to for one in deeds if one.move_to), ""),
        labels=tuple(dict.fromkeys(label for one in deeds for label in one.labels)),
        star=any(one.star for one in deeds),
        read=any(one.read for one in deeds),
        forward_to=tuple(dict.fromkeys(to for one in deeds for to in one.forward_to)),
    )


def forwardable(address: str) -> bool:
    """Whether this can be the address of a colleague at all."""
    return is_valid_address(address) and len(address) <= 254


def _ends_in(domain: str, wanted: str) -> bool:
    return bool(wanted) and (domain == wanted or domain.endswith(f".{wanted}"))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise RuleUnreadable
    return value
