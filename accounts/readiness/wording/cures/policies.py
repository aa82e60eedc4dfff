"""Cures of TR-2 and TR-3: up the ladder one rung at a time, and of TR-9.

Nobody is told to reject before they have watched: a sender that signs nothing would be lost.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    PasteLine,
    record,
    said,
    saying,
)

_POLICY = re.compile(r"\bp\s*=\s*(none|quarantine|reject)\b", re.IGNORECASE)
_STEPS = gettext_lazy(
    "Go step by step. First only watch: enter the first record and read the reports for some "
    "weeks. When all senders of the agency pass SPF or DKIM in them, enter the second one."
)
_NEXT = gettext_lazy(
    "When the reports of some weeks show that all senders of the agency pass SPF or DKIM, enter "
    "this record in place of the present one. What does not pass is then put aside as spam."
)
_REJECT = gettext_lazy(
    "When nothing of the agency's own has been put aside for some weeks, enter this record. "
    "Forged letters are then refused altogether."
)
_ONE = gettext_lazy("Take all of these records out and enter this one alone.")
_AS_IT_IS = gettext_lazy("Enter this record in place of the present one.")


def _reports(name: str) -> str:
    return f"mailto:dmarc-reports@{name}"


def changed(found: str, without: tuple[str, ...] = (), **tags: str) -> str:
    """A DMARC record with some tags set or taken out, and all others kept in their order."""
    kept: dict[str, str] = {"v": "DMARC1"}
    for field in found.split(";")[1:]:
        tag, mark, value = field.partition("=")
        if mark and tag.strip().lower() not in without:
            kept.setdefault(tag.strip().lower(), value.strip())
    return "; ".join(f"{tag}={value}" for tag, value in (kept | tags).items())


def _at(facts: Facts, name: str) -> str:
    return f"_dmarc.{said(facts, 'at') or name}"


def _steps(facts: Facts, name: str) -> Cure:
    steps = [
        (_("Step 1, now"), f"v=DMARC1; p=none; rua={_reports(name)}"),
        (_("Step 2, after some weeks"), f"v=DMARC1; p=quarantine; rua={_reports(name)}"),
    ]
    lines = tuple(PasteLine("dns", f"{when}: TXT · _dmarc.{name}", value) for when, value in steps)
    return Cure(str(_STEPS), lines)


def _with(sentence: Promise, without: tuple[str, ...] = (), **tags: str) -> Make:
    """The agency's own record, changed; of a department's without one, a record of its own."""

    def make(facts: Facts, name: str) -> Cure:
        found = said(facts, "record")
        if said(facts, "at") not in ("", name):
            found = f"v=DMARC1; p=none; rua={_reports(name)}"
        value = changed(found, without, **tags)
        return Cure(str(sentence), (record("TXT", f"_dmarc.{name}", value),))

    return make


def _anew(facts: Facts, name: str) -> Cure:
    """A record in place of one nobody can read, as strict as that was meant."""
    meant = _POLICY.search(said(facts, "record"))
    policy = meant[1].lower() if meant else "none"
    at = said(facts, "at") or name
    value = f"v=DMARC1; p={policy}; rua={_reports(at)}"
    return Cure(str(_AS_IT_IS), (record("TXT", f"_dmarc.{at}", value),))


def _one(facts: Facts, name: str) -> Cure:
    at = said(facts, "at") or name
    value = f"v=DMARC1; p=none; rua={_reports(at)}"
    return Cure(str(_ONE), (record("TXT", f"_dmarc.{at}", value),))


def _with_reports(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Enter who gets the reports. The mailbox must exist; a service that reads them may stand "
        "there instead."
    )
    at = said(facts, "at") or name
    value = changed(said(facts, "record"), rua=_reports(at))
    return Cure(sentence, (record("TXT", _at(facts, name), value),))


def _authorised(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Either whoever receives the reports enters the first record in its own DNS, or you have "
        "the reports sent to yourself by the second."
    )
    at, host = said(facts, "at") or name, said(facts, "host")
    lines = (
        record("TXT", f"{at}._report._dmarc.{host}", "v=DMARC1;"),
        record("TXT", f"_dmarc.{at}", changed(said(facts, "record"), rua=_reports(at))),
    )
    return Cure(sentence, lines)


def _stricter(facts: Facts, name: str) -> Cure:
    """One rung up: from watching to putting aside, from that to rejecting."""
    if said(facts, "policy") == "none":
        return _with(_NEXT, ("t",), p="quarantine")(facts, name)
    return _with(_REJECT, ("sp", "np", "pct"), p="reject")(facts, name)


def _closed(kind: str, value: str, prefix: str = "") -> Make:
    return saying(
        gettext_lazy(
            "Enter this record in place of all others of its kind: nobody uses the domain."
        ),
        lambda facts, name: record(kind, f"{prefix}{name}", value),
    )


CURES: dict[str, Make] = {
    "dmarc_missing": _steps,
    "dmarc_several": _one,
    "dmarc_malformed": _anew,
    "dmarc_none": _with(_NEXT, ("sp", "np", "t"), p="quarantine"),
    "dmarc_testing": _with(_AS_IT_IS, ("t",)),
    "dmarc_no_reports": _with_reports,
    "dmarc_rua_bad": _with_reports,
    "dmarc_unauthorised": _authorised,
    "dmarc_not_reject": _stricter,
    "dmarc_subdomains": _with(_REJECT, ("sp", "np")),
    "parked_mx_open": _closed("MX", "0 ."),
    "parked_spf_open": _closed("TXT", "v=spf1 -all"),
    "parked_dmarc_open": _closed("TXT", "v=DMARC1; p=reject", "_dmarc."),
}
