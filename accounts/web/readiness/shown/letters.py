"""The tests by letter of one domain, as its page shows them (TR-4, TR-6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import CheckedDomain, TestLetter
from accounts.readiness import letters

Kind = TestLetter.Kind
_TITLES: dict[str, tuple[str, Promise, Promise, Promise]] = {
    Kind.SIGNED: (
        "TR-4",
        _("A signed letter from the agency"),
        _("One ordinary letter from the domain shows whether its signature (DKIM) is right."),
        _("Give me an address to write to"),
    ),
    Kind.SARABAN: (
        "TR-6",
        _("The saraban mailbox answers"),
        _("We write to saraban at the domain; its office answers within one working day."),
        _("Send a letter to saraban"),
    ),
}
_WAITS = ("not_tested", "hourglass")
_PASSED = ("pass", "check")
_FAILED = ("fail", "x")


@dataclass(frozen=True)
class LetterTest:
    """One kind of test and its newest letter. address: where the agency writes to, if it must."""

    kind: str
    code: str
    title: Promise
    gist: Promise
    act: Promise
    letter: TestLetter | None
    address: str

    @property
    def look(self) -> str:
        return self._look[0]

    @property
    def icon(self) -> str:
        return self._look[1]

    @property
    def _look(self) -> tuple[str, str]:
        letter = self.letter
        if letter is None or (letter.answered_at is None and letter.closed_at is None):
            return _WAITS
        if letter.answered_at is None:
            return _FAILED
        is_good = self.kind == Kind.SARABAN or bool(letter.facts.get("aligned"))
        return _PASSED if is_good else _FAILED

    @property
    def state(self) -> Promise:
        letter = self.letter
        assert letter is not None
        if letter.answered_at is not None:
            return _answered(self.kind, letter)
        if letter.closed_at is not None:
            return _("Nothing came in time")
        if self.kind == Kind.SIGNED:
            return _("Waits for your letter")
        return _("Waits for the answer") if letter.sent_at else _("Is being sent")


def tests_of(domain: CheckedDomain) -> list[LetterTest]:
    """Both tests, each with its newest letter; one statement."""
    newest = domain.test_letters.order_by("kind", "-made_at", "-pk").distinct("kind")
    found = {letter.kind: letter for letter in newest}
    return [
        LetterTest(kind, code, title, gist, act, found.get(kind), _address(found.get(kind)))
        for kind, (code, title, gist, act) in _TITLES.items()
    ]


def _address(letter: TestLetter | None) -> str:
    """Where the agency writes to; of a letter that is over, or that we write, nothing."""
    if letter is None or letter.kind != Kind.SIGNED or letter.answered_at or letter.closed_at:
        return ""
    try:
        return letters.address_of(letter)
    except letters.NoTestAddress:
        return ""


def _answered(kind: str, letter: TestLetter) -> Promise:
    if kind == Kind.SARABAN:
        return _("Answered")
    if letter.facts.get("aligned"):
        return _("Signed as it should be")
    return _("It came, but its signature does not prove the domain")
