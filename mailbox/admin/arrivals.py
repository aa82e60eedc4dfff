"""Arrivals that wait or are held, for operators: sizes, times, reasons, and never content."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.audited import Audited, NotByHand
from accounts.admin.reach import reached_ids, reaches
from accounts.models import Account
from mailbox.models import Arrival
from mailbox.operating import deeds, queue

# Held arrivals that are looked through for their reasons: to list all there are costs all rows.
MOST_LOOKED_AT = 1000


class ByReason(admin.SimpleListFilter):
    """By why they are held: the reasons that the latest of them have."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        latest = Arrival.objects.held().order_by("-pk").values("pk")[:MOST_LOOKED_AT]
        known = Arrival.objects.filter(pk__in=latest).order_by("held_reason")
        return [(why, why) for why in known.values_list("held_reason", flat=True).distinct() if why]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> QuerySet[Arrival]:
        return queryset.filter(held_reason=self.value()) if self.value() else queryset


@admin.register(Arrival)
class ArrivalAdmin(NotByHand, Audited):
    """What is not filed yet. Held ones come first; nothing here can be changed or deleted."""

    list_display = ("id", "size", "received_at", "attempts", "held_at", "held_reason")
    list_filter = (("held_at", admin.EmptyFieldListFilter), ByReason)
    ordering = ("held_at", "received_at")
    fields = ("id", "size", "received_at", "due_at", "attempts", "held_at", "held_reason")
    readonly_fields = fields
    actions = ("try_again", "hold")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Arrival]:
        # Not even the sealed bytes leave the database for a list.
        rows = super().get_queryset(request).only(*self.fields)
        if reaches(request):
            return rows
        return rows.filter(pk__in=queue.arrivals(reached_ids(request)).values("pk"))

    @admin.action(description=_("Try again"), permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        """Have held messages read once more, as if for the first time."""
        count = deeds.release(_plain(queryset), _hand(request))
        said = ngettext(
            "%(count)d message will be tried again.",
            "%(count)d messages will be tried again.",
            count,
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Hold"), permissions=["try_again"])
    def hold(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        """Keep messages that wait from being filed, until somebody lets them be tried again."""
        if not reaches(request):
            queryset = queryset.filter(
                pk__in=queue.arrivals(reached_ids(request), wholly=True).values("pk")
            )
        count = deeds.hold(_plain(queryset), _hand(request))
        said = ngettext("%(count)d message is held.", "%(count)d messages are held.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Operators' own right: it changes nothing in the message."""
        return request.user.has_perm("mailbox.change_arrival")


def _plain(chosen: QuerySet[Arrival]) -> QuerySet[Arrival]:
    """The same rows, whole: a deed locks them, and reads its own columns."""
    return Arrival.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)))


def _hand(request: HttpRequest) -> deeds.Hand:
    return deeds.Hand(cast(Account, request.user), timezone.now())
