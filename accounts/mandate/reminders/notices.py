"""An officer's notice to an agency: how the mandate stands there, to those who look after it.

Sent by hand from the board, once a day at most for an agency; the audit is what remembers it.
The letter goes the way of reminders, to the HR officers of the agency or of the one above it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.mandate import reminders
from accounts.mandate.reminders import wording
from accounts.mandate.reminders.readers import hr_officers
from accounts.models import Account, Agency, AuditEvent, MandateRule, Obligation
from govmail_portal.dates import BANGKOK
from govmail_portal.errors import PortalError

ACT = "agency_notified"
_KIND = "accounts.agency"


class NothingOwed(PortalError):
    message = _("Nobody of this agency has anything left to do under the mandate.")


class ToldToday(PortalError):
    message = _("This agency has been told today already. Once a day is the most.")


class NobodyToTell(PortalError):
    message = _(
        "Nobody else looks after the people of this agency here. Make an HR officer for it first."
    )


@transaction.atomic
def notify(agency: Agency, *, by: Account, now: datetime) -> list[Account]:
    """Write to an agency's HR officers how the mandate stands there; gives who was written to.

    Raises NothingOwed, ToldToday, NobodyToTell; then nothing was sent. The letter goes to each in
    their own language and names the officer; it counts, and names no official.
    """
    # Two officers who press at the same moment send one notice: the second waits here.
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    if told_today([agency.pk], now=now):
        raise ToldToday
    owed = _owed(agency)
    if not owed:
        raise NothingOwed
    readers = [each for each in hr_officers(agency, now=now) if each.pk != by.pk]
    if not readers or not reminders.can_send():
        raise NobodyToTell
    for reader in readers:
        reminders.deliver(reader, wording.to_agency(reader, agency, owed, by=by), now)
    chain.record(ACT, agency, by=by, now=now, agency=agency, details={"letters": len(readers)})
    return readers


def told_today(agencies: Collection[int], *, now: datetime) -> set[int]:
    """Which of these agencies have had a notice on this day in Thailand."""
    day = datetime.combine(timezone.localdate(now), time(), tzinfo=BANGKOK)
    events = AuditEvent.objects.filter(
        act=ACT, kind=_KIND, object_id__in=[str(pk) for pk in agencies], at__gte=day
    )
    return {int(pk) for pk in events.values_list("object_id", flat=True)}


def _owed(agency: Agency) -> list[wording.Owed]:
    """What the agency's own officials still owe, a line for each rule in force."""
    duties = Obligation.objects.open().filter(agency=agency, rule__mandate__is_in_force=True)
    late = Q(state=Obligation.State.OVERDUE)
    sums = (
        duties.order_by()
        .values_list("rule")
        .annotate(count=Count("pk"), overdue=Count("pk", filter=late))
    )
    found = {rule: (count, overdue) for rule, count, overdue in sums}
    rules = MandateRule.objects.filter(pk__in=found).order_by("mandate", "order", "pk")
    return [wording.Owed(rule, *found[rule.pk]) for rule in rules]
