"""What reminders say, in the language and the manner of whoever reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.mandate import evidence, obligations
from accounts.models import Account, Agency, MandateRule, Obligation
from accounts.people.read_by import as_read_by
from govmail_portal import dates
from govmail_portal.dates import Manner

# A letter names so many; all of them stand on the progress pages.
_NAMED = 100
# What is still to be done, by the name of the proof that is missing.
TO_DO: dict[str, str | Promise] = {
    "account_active": gettext_lazy("Your account must be opened."),
    "second_factor": gettext_lazy("Set up an authenticator app."),
    "first_sign_in": gettext_lazy("Sign in once."),
    "sent": gettext_lazy("Send a first official letter."),
    "attestation": gettext_lazy(
        "The head of your unit must attest that no free mail is used for official business."
    ),
}


def to_official(duty: Obligation, *, now: datetime) -> tuple[str, str]:
    """Subject and text for the official: by when, and what is still to be done."""
    with as_read_by(duty.official.account) as manner:
        day = dates.day_of(duty.due_on, manner, full=True)
        subject = _when(duty.due_on, timezone.localdate(now), manner)
        lines = [
            _("The cabinet's resolution asks you to use the state's own mail by %(day)s.")
            % {"day": day},
            _("Rule: %(rule)s") % {"rule": duty.rule},
        ]
        missing = [f"– {TO_DO[name]}" for name in missing_proofs(duty) if name in TO_DO]
        if missing:
            lines.append("\n".join([_("What is still missing:"), *missing]))
        return subject, "\n\n".join([*lines, _("Your HR officer knows more.")])


def missing_proofs(duty: Obligation) -> list[str]:
    """The names of the proofs that are asked for and not shown yet."""
    needed = (*evidence.names(), obligations.ATTESTATION)
    return [name for name in needed if name not in duty.evidence]


def to_overseer(
    reader: Account, agency: Agency, duties: Sequence[Obligation], *, now: datetime
) -> tuple[str, str]:
    """Subject and text for a superior or an HR officer: who is due, in order of the day."""
    today = timezone.localdate(now)
    ordered = sorted(duties, key=lambda each: (each.due_on, each.official.name_th))
    with as_read_by(reader) as manner:
        count = manner.digits(f"{len(ordered):,}")
        first = _when(ordered[0].due_on, today, manner)
        subject = ngettext(
            "%(count)s official: %(when)s", "%(count)s officials: %(when)s", len(ordered)
        ) % {"count": count, "when": first}
        names = [
            f"{each.official.name} · {dates.day_of(each.due_on, manner)}{_gate(each)}"
            for each in ordered[:_NAMED]
        ]
        if len(ordered) > _NAMED:
            rest = manner.digits(f"{len(ordered) - _NAMED:,}")
            names.append(_("And %(count)s more; see the progress page.") % {"count": rest})
        head = _("To use the state's own mail, %(agency)s:") % {"agency": agency.name}
        return subject, "\n".join([head, "", *names])


@dataclass(frozen=True)
class Owed:
    """How many officials of an agency still owe what a rule asks, and how many are late."""

    rule: MandateRule
    count: int
    overdue: int


def to_agency(
    reader: Account, agency: Agency, owed: Sequence[Owed], *, by: Account
) -> tuple[str, str]:
    """Subject and text of an officer's notice: who asks, how many are left, what is to be done."""
    with as_read_by(reader) as manner:
        subject = _("%(agency)s: officials still to use the state's own mail") % {
            "agency": agency.name
        }
        sender = f"{by.name} ({by.agency.name})"
        lines = [_("%(officer)s asks you to see to it:") % {"officer": sender}]
        for each in owed:
            numbers = {
                "rule": each.rule,
                "count": manner.digits(f"{each.count:,}"),
                "overdue": manner.digits(f"{each.overdue:,}"),
            }
            lines.append(_("– %(rule)s: %(count)s left, %(overdue)s of them overdue") % numbers)
        if not agency.is_open:
            lines.append(
                _("The agency is not open yet: its readiness comes first, and the days run on.")
            )
        return subject, "\n\n".join([*lines, _("The progress page shows the names.")])


def _when(due_on: date, today: date, manner: Manner) -> str:
    days = (due_on - today).days
    if days < 0:
        return _("Overdue since %(day)s") % {"day": dates.day_of(due_on, manner)}
    if days == 0:
        return _("Due today")
    count = manner.digits(f"{days}")
    said = ngettext("Due in %(count)s day, on %(day)s", "Due in %(count)s days, on %(day)s", days)
    return said % {"count": count, "day": dates.day_of(due_on, manner)}


def _gate(duty: Obligation) -> str:
    return " · " + _("the agency is not open yet") if duty.is_waiting_gate else ""
