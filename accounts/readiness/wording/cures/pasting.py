"""What a cure is made of: a sentence, and the exact lines to paste where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.naming import zone_file
from accounts.readiness.checks import case
from accounts.readiness.checks.case import texts

Facts = Mapping[str, Any]


class Target(Protocol):
    """Whose cure it is: a `Subject` or a `CheckedDomain`."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class PasteLine:
    """Text to copy whole. kind: "dns", "nginx", "apache", "iis", "postfix", "dovecot", "exchange",
    "bind", "file", "shell", "check" (only looks). where: the place it belongs, for people.
    zone: of a record of DNS the whole line of a zone file; text is then its value alone.
    """

    kind: str
    where: str
    text: str
    zone: str = ""


@dataclass(frozen=True)
class Cure:
    """What to do, in plain words, and what to paste; both in the reader's language."""

    sentence: str
    lines: tuple[PasteLine, ...] = ()


# A cure from the facts of a result and the domain's name.
Make = Callable[[Facts, str], Cure]


def saying(sentence: Promise, *makers: Callable[[Facts, str], PasteLine]) -> Make:
    """A cure of one sentence and lines."""

    def make(facts: Facts, name: str) -> Cure:
        return Cure(str(sentence), tuple(each(facts, name) for each in makers))

    return make


def record(kind: str, name: str, value: str, *, when: str = "") -> PasteLine:
    """A record of DNS, as the pages of providers ask for it: its type and name, and its value.

    when: which of several steps it is.
    """
    where, text = f"{kind} · {name}", plain(value)
    zone = zone_file.line_of(kind, plain(name), text) if text else ""
    return PasteLine("dns", f"{when}: {where}" if when else where, text, zone)


def plain(value: str) -> str:
    """A stranger's text fit to be pasted: in one line, without what cannot be seen."""
    return "".join(each if each.isprintable() else " " for each in value).strip()


def host_of(facts: Facts, name: str) -> str:
    """The server a result is about; the domain itself where it names none."""
    found = texts(facts.get("of"))
    return plain(found[0]) if found else name


def hosts_of(facts: Facts, name: str) -> list[str]:
    return [plain(each) for each in texts(facts.get("of"))] or [name]


def said(facts: Facts, key: str) -> str:
    return case.text(facts.get(key))


def your_server(name: str) -> str:
    """A name that the reader replaces by their own."""
    return f"mail.{name}."


def public_address() -> str:
    return _("<public address of the server>")
