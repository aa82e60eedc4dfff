"""Filters that answer HR's questions: who is due this month, who has no second factor, who is
stuck at which step, who retires. Each works on officials and on accounts alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.wording.codes import step_of
from accounts.models import (
    Account,
    Agency,
    Obligation,
    Official,
    ProvisioningJob,
    ProvisioningStep,
    TotpDevice,
)
from accounts.people.reach import agencies_within_reach
from accounts.provisioning import steps

# More agencies than these are no list but a search; then the heads of the tree stand for it.
MOST_AGENCIES = 40
Choices = Iterable[tuple[str, Any]]


class _OfPeople(SimpleListFilter):
    """A filter over officials, or over whatever leads to them by `official`."""

    def _path(self, rows: QuerySet[Any], name: str) -> str:
        return name if rows.model is Official else f"official__{name}"

    def _account_of(self, rows: QuerySet[Any]) -> str:
        return "pk" if rows.model is Account else self._path(rows, "account")


class InAgency(SimpleListFilter):
    """One of the agencies within reach, with all below it."""

    title = _("agency")
    parameter_name = "in_agency"
    path: ClassVar[str] = "agency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        reached = agencies_within_reach(cast(Account, request.user))
        named = list(reached[: MOST_AGENCIES + 1])
        if len(named) > MOST_AGENCIES:
            named = list(reached.filter(parent__isnull=True)[:MOST_AGENCIES])
        return [(str(agency.pk), agency.name) for agency in named]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen or not chosen.isdecimal():
            return queryset
        branch = [int(chosen)]
        newest = branch
        while newest:
            below = Agency.objects.filter(parent__in=newest).exclude(pk__in=branch)
            newest = list(below.values_list("pk", flat=True))
            branch = branch + newest
        return queryset.filter(**{f"{self.path}__in": branch})


class AgencyOfOfficial(InAgency):
    path = "account__agency"


class AgencyOfPost(InAgency):
    path = "position__agency"


class Due(_OfPeople):
    """Whose account is due when, and whose is late: by the obligations still open."""

    title = _("account due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("month", _("This month")),
            ("30", _("Within 30 days")),
            ("late", _("Overdue")),
            ("late_person", _("Overdue, though the agency is open")),
            ("late_agency", _("Overdue because the agency is not open")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = timezone.localdate()
        late = Q(due_on__lt=today)
        wanted = {
            "month": Q(due_on__range=(today.replace(day=1), _last_of_month(today))),
            "30": Q(due_on__range=(today, today + timedelta(days=30))),
            "late": late,
            "late_person": late & Q(is_waiting_gate=False),
            "late_agency": late & Q(is_waiting_gate=True),
        }.get(self.value() or "")
        if wanted is None:
            return queryset
        open_now = Obligation.objects.open().filter(wanted)
        if queryset.model is Obligation:
            return queryset.filter(pk__in=open_now.values("pk"))
        owed = open_now.filter(official=OuterRef(self._path(queryset, "pk")))
        return queryset.filter(Exists(owed))


class SecondFactor(_OfPeople):
    """Who has no authenticator app, among those whose account is open."""

    title = _("second factor")
    parameter_name = "second_factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("no", _("Open account without one")), ("yes", _("Has one"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        apps = TotpDevice.objects.filter(confirmed=True, user=OuterRef(self._account_of(queryset)))
        if self.value() == "yes":
            return queryset.filter(Exists(apps))
        if self.value() != "no":
            return queryset
        state = "state" if queryset.model is Account else self._path(queryset, "account__state")
        return queryset.filter(~Exists(apps), **{f"{state}__in": Account.OPEN_STATES})


class StuckAt(_OfPeople):
    """Whose account is not open yet, and at which step it stands."""

    title = _("being opened, stuck at")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("help", _("Needs help")),
            ("gate", _("Waits for its agency")),
            *((f"step:{step.name}", step_of(step.name)) for step in steps.in_order()),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if not chosen:
            return queryset
        jobs = ProvisioningJob.objects.filter(account=OuterRef(self._account_of(queryset)))
        if chosen == "help":
            jobs = jobs.filter(state=ProvisioningJob.State.FAILED)
        elif chosen == "gate":
            jobs = jobs.filter(state=ProvisioningJob.State.WAITING_GATE)
        else:
            owed = ProvisioningStep.objects.filter(
                name=chosen.removeprefix("step:"), done_at__isnull=True
            )
            jobs = jobs.filter(finished_at__isnull=True, steps__in=owed)
        return queryset.filter(Exists(jobs))


class Retires(SimpleListFilter):
    """Who leaves at the end of this fiscal year, or of the next (30 September)."""

    title = _("retires")
    parameter_name = "retires"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("0", _("At the end of this fiscal year")), ("1", _("A year later"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("0", "1"):
            return queryset
        today = timezone.localdate()
        last = date(today.year + (today.month > 9) + int(self.value() or 0), 9, 30)
        before = date(last.year - 1, 9, 30)
        by_order = Q(retires_on__gt=before, retires_on__lte=last)
        born = Q(retires_on__isnull=True, birth_date__range=_born_to_retire(last))
        return queryset.filter(by_order | born)


class NoAccount(SimpleListFilter):
    """Officials who have no account at all, and accounts nobody has signed in to."""

    title = _("account")
    parameter_name = "has_account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            ("none", _("None")),
            ("opening", _("Being opened")),
            ("unused", _("Open, never signed in")),
            ("open", _("Open")),
            ("closed", _("Suspended or closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = Account.State
        opening = (state.REQUESTED, state.APPROVED, state.RESERVED, state.PROVISIONING)
        wanted: dict[str, dict[str, Any]] = {
            "none": {"account__isnull": True},
            "opening": {"account__state__in": (*opening, state.FAILED)},
            "unused": {
                "account__state__in": Account.OPEN_STATES,
                "account__first_signed_in_at__isnull": True,
            },
            "open": {"account__state__in": Account.OPEN_STATES},
            "closed": {"account__state__in": (state.SUSPENDED, state.RETAINED, state.DELETED)},
        }
        return queryset.filter(**wanted.get(self.value() or "", {}))


class NeverSignedIn(SimpleListFilter):
    """Open accounts whose holder has not come yet."""

    title = _("first sign-in")
    parameter_name = "signed_in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("no", _("Open, never signed in")), ("yes", _("Has signed in"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        came = Q(first_signed_in_at__isnull=False) | Q(last_login__isnull=False)
        if self.value() == "no":
            return queryset.filter(~came, state__in=Account.OPEN_STATES)
        return queryset.filter(came) if self.value() == "yes" else queryset


def _last_of_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _born_to_retire(last: date) -> tuple[date, date]:
    """First and last birth date of those whose last day in service is this 30 September."""
    first = date(last.year - 61, 10, 2)
    return first, date(last.year - 60, 10, 1)
