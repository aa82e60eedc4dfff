"""Cures of TR-2 and TR-3: up the ladder one rung at a time, and of TR-9.

Nobody is told to reject before they have watched: a sender that signs nothing would be lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readiness.checks.case import texts
from accounts.readiness.reading.dmarc import POLICIES
from accounts.readiness.wording.cures.dmarc import (
    Tags,
    own_tags,
    text_of,
    with_policy,
    with_reports,
)
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
    "weeks. When all senders of the agency pass SPF or DKIM in them, enter the second one; when "
    "nothing of the agency's own has been put aside for some weeks more, the third."
)
_NEXT = gettext_lazy(
    "When the reports of some weeks show that all senders of the agency pass SPF or DKIM, enter "
    "this record in place of the present one. What does not pass is then put aside as spam."
)
_WATCH = gettext_lazy(
    "Nobody gets the reports so far. Enter the first record in place of the present one, and read "
    "them for some weeks. When all senders of the agency pass SPF or DKIM in them, enter the "
    "second: what does not pass is then put aside as spam."
)
_NEXT_TWO = gettext_lazy(
    "When the reports of some weeks show that all senders of the agency pass SPF or DKIM, enter "
    "the first record in place of the present one; when nothing of the agency's own has been put "
    "aside for some weeks more, the second."
)
_REJECT = gettext_lazy(
    "When nothing of the agency's own has been put aside for some weeks, enter this record. "
    "Forged letters are then refused altogether."
)
_ONE = gettext_lazy("Take all of these records out and enter this one alone.")
_ONE_THEN = gettext_lazy(
    "Take all of these records out and enter the first one alone. Enter the next in its place "
    "when the reports of some weeks show that all senders of the agency pass SPF or DKIM."
)
_AS_IT_IS = gettext_lazy("Enter this record in place of the present one.")
_AS_IT_IS_THEN = gettext_lazy(
    "Enter the first record in place of the present one. Enter the next in its place when the "
    "reports of some weeks show that all senders of the agency pass SPF or DKIM."
)


def _reports(name: str) -> str:
    return f"dmarc-reports@{name}"


def _rung(tags: Tags, policy: str, name: str, unwilling: Sequence[str] = ()) -> str:
    """A record of this name that passes TR-2, and TR-3 where it rejects; "none" comes before."""
    return text_of(with_reports(with_policy(tags, policy), _reports(name), unwilling))


def _climb(
    tags: Tags, first: str, name: str, unwilling: Sequence[str] = ()
) -> tuple[PasteLine, ...]:
    """From this policy up to rejecting, a record for each step."""
    rungs = POLICIES[POLICIES.index(first) :]
    whens = ["", _("Step 1, now"), _("Step 2, after some weeks"), _("Step 3, weeks after that")]
    return tuple(
        record(
            "TXT",
            f"_dmarc.{name}",
            _rung(tags, policy, name, unwilling),
            when=whens[number] if len(rungs) > 1 else "",
        )
        for number, policy in enumerate(rungs, 1)
    )


def _own(facts: Facts, name: str) -> Tags:
    """The tags of the domain's own record; of a department's that has none, none."""
    return own_tags(said(facts, "record")) if said(facts, "at") in ("", name) else {}


def _policy_of(facts: Facts) -> str:
    found = said(facts, "policy")
    return found if found in POLICIES else "none"


def _steps(facts: Facts, name: str) -> Cure:
    return Cure(str(_STEPS), _climb({}, "none", name))


def _with(sentence: Promise, policy: str = "") -> Make:
    """The agency's own record with this policy, or the present one; else one of its own."""

    def make(facts: Facts, name: str) -> Cure:
        unwilling = texts(facts.get("unwilling"))
        value = _rung(_own(facts, name), policy or _policy_of(facts), name, unwilling)
        return Cure(str(sentence), (record("TXT", f"_dmarc.{name}", value),))

    return make


def _anew(facts: Facts, name: str) -> Cure:
    """A record in place of one nobody can read, as strict as that was meant."""
    meant = _POLICY.search(said(facts, "record"))
    at = said(facts, "at") or name
    lines = _climb(own_tags(said(facts, "record")), meant[1].lower() if meant else "none", at)
    return Cure(str(_AS_IT_IS_THEN if len(lines) > 1 else _AS_IT_IS), lines)


def _one(facts: Facts, name: str) -> Cure:
    """One of several, as strict as the mildest of them; the others' tags fill it up."""
    found = texts(facts.get("records"))
    policies = [own_tags(each).get("p", "none").lower() for each in found] or ["none"]
    lines = _climb(own_tags(*found), min(policies, key=POLICIES.index), said(facts, "at") or name)
    return Cure(str(_ONE_THEN if len(lines) > 1 else _ONE), lines)


def _with_reports(facts: Facts, name: str) -> Cure:
    sentence = gettext_lazy(
        "Enter who gets the reports. The mailbox must exist; a service that reads them may stand "
        "there instead."
    )
    return _with(sentence)(facts, name)


def _authorised(facts: Facts, name: str) -> Cure:
    sentence = gettext_lazy(
        "Either whoever receives the reports enters the first record in its own DNS, or you have "
        "the reports sent to yourself by the last one."
    )
    at = said(facts, "at") or name
    hosts = texts(facts.get("unwilling")) or [said(facts, "host")]
    theirs = [record("TXT", f"{at}._report._dmarc.{host}", "v=DMARC1;") for host in hosts]
    ours = _with(sentence)({**facts, "unwilling": hosts}, name)
    return Cure(ours.sentence, (*theirs, *ours.lines))


def _watched(facts: Facts, name: str) -> Cure:
    """Up from watching; where nobody gets the reports there is nothing to go by yet."""
    own = _own(facts, name)
    if with_reports(own, _reports(name), texts(facts.get("unwilling"))) == own:
        return _with(_NEXT, "quarantine")(facts, name)
    return Cure(str(_WATCH), _climb(own, "none", name, texts(facts.get("unwilling")))[:2])


def _stricter(facts: Facts, name: str) -> Cure:
    """Up to rejecting: from watching by way of putting aside."""
    if said(facts, "policy") != "none":
        return _with(_REJECT, "reject")(facts, name)
    unwilling = texts(facts.get("unwilling"))
    lines = [
        record("TXT", f"_dmarc.{name}", _rung(_own(facts, name), policy, name, unwilling))
        for policy in ("quarantine", "reject")
    ]
    return Cure(str(_NEXT_TWO), tuple(lines))


def _refusing(facts: Facts, name: str) -> Cure:
    """Of a domain not in use: nothing sends, so there is nothing to watch."""
    value = text_of(with_policy(_own(facts, name), "reject"))
    return Cure(str(_CLOSED), (record("TXT", f"_dmarc.{name}", value),))


_CLOSED = gettext_lazy(
    "Enter this record in place of all others of its kind: nobody uses the domain."
)


def _closed(kind: str, value: str) -> Make:
    return saying(_CLOSED, lambda facts, name: record(kind, name, value))


def _with_mailbox(make: Make) -> Make:
    """Says, where a record sends reports to an address of ours, that it must exist."""

    def made(facts: Facts, name: str) -> Cure:
        cure = make(facts, name)
        usual = _reports(said(facts, "at") or name)
        if not any(usual in line.text for line in cure.lines) or usual in said(facts, "record"):
            return cure
        must = _("Open the mailbox %(address)s first, or write another that somebody reads.")
        return replace(cure, sentence=f"{cure.sentence} {must % {'address': usual}}")

    return made


CURES: dict[str, Make] = {
    "dmarc_missing": _steps,
    "dmarc_several": _one,
    "dmarc_malformed": _anew,
    "dmarc_none": _watched,
    "dmarc_testing": _with(_AS_IT_IS),
    "dmarc_no_reports": _with_reports,
    "dmarc_rua_bad": _with_reports,
    "dmarc_unauthorised": _authorised,
    "dmarc_not_reject": _stricter,
    "dmarc_subdomains": _with(_REJECT, "reject"),
    "parked_mx_open": _closed("MX", "0 ."),
    "parked_spf_open": _closed("TXT", "v=spf1 -all"),
    "parked_dmarc_open": _refusing,
}
CURES |= {why: _with_mailbox(make) for why, make in CURES.items() if why.startswith("dmarc")}
