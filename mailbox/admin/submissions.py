"""What is owed to whom, for operators: states, codes and times; never addresses or content."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.audited import Audited, NotByHand
from mailbox.models import Attempt, Delivery, Submission


class ReadOnly(NotByHand, Audited):
    """A list and a page that change nothing. Sealed columns do not even leave the database."""

    list_per_page = 50
    show_full_result_count = False
    shown: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown


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
class SubmissionAdmin(ReadOnly):
    list_display = ("id", "created_at", "urgency", "size", "attempts", "due_at", "has_failed")
    list_filter = (StillOwed, "urgency")
    ordering = ("-created_at",)
    search_fields = ("id__exact",)
    shown = (
        *("id", "created_at", "urgency", "size", "attempts"),
        *("due_at", "expires_at", "cancelled_at", "held_at", "has_failed"),
    )

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


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("id", "submission_id", "state", "reply_code", "gateway", "changed_at")
    list_filter = ("state", "reply_code", "gateway")
    list_select_related = ("gateway",)
    ordering = ("-changed_at",)
    search_fields = ("id__exact", "submission__id__exact")
    shown = ("id", "submission_id", "state", "reply_code", "gateway", "changed_at", "tries")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        rows: QuerySet[Delivery] = super().get_queryset(request)
        return rows.defer("sealed_address", "sealed_reply")

    @admin.display(description=_("tries"))
    def tries(self, delivery: Delivery) -> str:
        """Every try: when it began (UTC), what became of it."""
        return " · ".join(map(_told, Attempt.objects.filter(delivery=delivery)))


def _told(attempt: Attempt) -> str:
    began = f"{attempt.started_at:%Y-%m-%d %H:%M:%S %Z}"
    return f"{began} {attempt.get_outcome_display()} {attempt.reply_code or ''}".strip()
