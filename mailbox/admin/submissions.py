"""What is owed to whom, for operators: states, codes and times; never addresses or content."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.forms import ReasonForm, ask_first
from accounts.admin.reach import Looked
from accounts.models import Account, Agency
from accounts.people.reach import agencies_within_reach
from mailbox.models import Attempt, Delivery, Submission
from mailbox.operating import deeds
from mailbox.outbound.gateways.standing import within_reach

# Gateways offered to choose from; of more, an officer looks at one agency's.
MOST_NAMED = 100


class RedirectForm(ReasonForm):
    """Whose gateways take the letters instead, and why."""

    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=_("Through the gateways of"), required=True
    )


class StillOwed(admin.SimpleListFilter):
    """Submissions by what is still to be done."""

    title = _("still owed")
    parameter_name = "owed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Somebody is waiting")), ("late", _("Tried more than once"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> QuerySet[Submission]:
        owed = queryset.filter(due_at__isnull=False)
        if self.value() == "late":
            return owed.filter(attempts__gt=1)
        return owed if self.value() == "yes" else queryset


@admin.register(Submission)
class SubmissionAdmin(Looked):
    """Letters that have been sent, and what a mail officer can do to those still owed."""

    list_display = (
        *("id", "agency", "lane", "created_at", "size", "attempts"),
        *("due_at", "has_failed"),
    )
    list_filter = (StillOwed, ("lane", admin.ChoicesFieldListFilter))
    list_select_related = ("agency",)
    actions = ("retry", "redirect", "give_up")
    # Ids are in the order of time.
    ordering = ("-pk",)
    search_fields = ("id__exact",)
    fields = (
        *("id", "agency", "lane", "created_at", "urgency", "size", "attempts"),
        *("due_at", "expires_at", "cancelled_at", "held_at", "has_failed"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        failed = Delivery.objects.filter(
            submission=OuterRef("pk"),
            state__in=(Delivery.State.FAILED, Delivery.State.BOUNCED, Delivery.State.EXPIRED),
        )
        rows: QuerySet[Submission] = super().get_queryset(request)
        sealed = ("sealed_key_for_relay", "sealed_key_for_owner", "sealed_envelope")
        return rows.defer(*sealed).annotate(failed=Exists(failed))

    @admin.display(description=_("somebody not reached"))
    def has_failed(self, submission: Any) -> str:
        return gettext("Yes") if submission.failed else ""

    @admin.action(description=_("Try again now"), permissions=["deed"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, deeds.retry(_plain(chosen), _hand(request)), chosen.count())

    @admin.action(description=_("Send through other gateways …"), permissions=["deed"])
    def redirect(self, request: HttpRequest, chosen: QuerySet[Submission]) -> Any:
        title = _("Send through the gateways of another agency")
        here = agencies_within_reach(cast(Account, request.user))
        with_gateways = here.filter(gateways__is_enabled=True).distinct()
        answer = ask_first(self, request, chosen, RedirectForm, title=title, agency=with_gateways)
        if isinstance(answer, TemplateResponse):
            return answer
        hand = _hand(request, answer["reason"])
        self._say(request, deeds.redirect(_plain(chosen), answer["agency"], hand), chosen.count())
        return None

    @admin.action(description=_("Give up …"), permissions=["deed"])
    def give_up(self, request: HttpRequest, chosen: QuerySet[Submission]) -> Any:
        title = _("Give up: nobody is tried any more, and the authors are told")
        answer = ask_first(self, request, chosen, ReasonForm, title=title)
        if isinstance(answer, TemplateResponse):
            return answer
        hand = _hand(request, answer["reason"])
        self._say(request, deeds.give_up(_plain(chosen), hand), chosen.count())
        return None

    def has_deed_permission(self, request: HttpRequest) -> bool:
        """The right to do something to the queue; it changes nothing in a letter."""
        return request.user.has_perm("mailbox.change_submission")

    def _say(self, request: HttpRequest, done: int, chosen: int) -> None:
        said = ngettext("%(count)d letter.", "%(count)d letters.", done) % {"count": done}
        if done < chosen:
            said += " " + gettext("Of the others nothing is owed now, or they are held.")
        self.message_user(request, said, messages.SUCCESS if done else messages.WARNING)


def _plain(chosen: QuerySet[Submission]) -> QuerySet[Submission]:
    """The same rows without what the list adds to them: they are locked."""
    return Submission.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)))


def _hand(request: HttpRequest, reason: str = "") -> deeds.Hand:
    return deeds.Hand(cast(Account, request.user), timezone.now(), reason)


class ByGateway(admin.SimpleListFilter):
    """Only those gateways are named that the officer looks after: Django would name all."""

    title = _("gateway")
    parameter_name = "gateway"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = within_reach(cast(Account, request.user)).order_by("agency", "order", "pk")
        return [(str(row.pk), row.name) for row in rows[:MOST_NAMED]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        known = {number for number, _name in self.lookup_choices}
        chosen = self.value()
        return queryset.filter(gateway=int(chosen)) if chosen in known else queryset


class ByAnswer(admin.SimpleListFilter):
    """By the first digit of the last reply: to list all codes there are costs all rows."""

    title = _("reply code")
    parameter_name = "reply"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(first, f"{first}xx") for first in "245"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        chosen = self.value()
        if chosen not in ("2", "4", "5"):
            return queryset
        return queryset.filter(
            reply_code__gte=int(chosen) * 100, reply_code__lt=int(chosen) * 100 + 100
        )


@admin.register(Delivery)
class DeliveryAdmin(Looked):
    agency_paths = ("submission__agency",)
    list_display = ("id", "submission_id", "state", "reply_code", "gateway", "changed_at")
    list_filter = ("state", ByAnswer, ByGateway)
    list_select_related = ("gateway",)
    ordering = ("-pk",)
    search_fields = ("id__exact", "submission__id__exact")
    fields = (
        *("id", "submission_id", "state", "reply_code", "enhanced", "reason"),
        *("gateway", "changed_at", "due_at", "tried"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.defer("sealed_address", "sealed_reply")

    @admin.display(description=_("tries"))
    def tried(self, delivery: Delivery) -> str:
        """Every try: when it began (UTC), what became of it."""
        return " · ".join(map(_told, Attempt.objects.filter(delivery=delivery)))


def _told(attempt: Attempt) -> str:
    began = f"{attempt.started_at:%Y-%m-%d %H:%M:%S %Z}"
    return f"{began} {attempt.get_outcome_display()} {attempt.reply_code or ''}".strip()
