"""Arrivals that wait or are held, for operators: sizes, times, reasons, and never content."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.audited import Audited, NotByHand
from mailbox.inbound.arrivals import release
from mailbox.models import Arrival


@admin.register(Arrival)
class ArrivalAdmin(NotByHand, Audited):
    """What is not filed yet. Held ones come first; nothing here can be changed or deleted."""

    list_display = ("id", "size", "received_at", "attempts", "held_at", "held_reason")
    list_filter = (("held_at", admin.EmptyFieldListFilter), "held_reason")
    ordering = ("held_at", "received_at")
    list_per_page = 50
    fields = ("id", "size", "received_at", "due_at", "attempts", "held_at", "held_reason")
    readonly_fields = fields
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Arrival]:
        # Not even the sealed bytes leave the database for a list.
        return super().get_queryset(request).only(*self.fields)

    @admin.action(description=_("Try again"), permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Arrival]) -> None:
        """Have held messages read once more, as if for the first time."""
        held = list(queryset.filter(held_at__isnull=False))
        for arrival in held:
            release(arrival, now=timezone.now())
        said = ngettext(
            "%(count)d message will be tried again.",
            "%(count)d messages will be tried again.",
            len(held),
        )
        self.message_user(request, said % {"count": len(held)}, messages.SUCCESS)

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Operators' own right: it changes nothing in the message."""
        return request.user.has_perm("mailbox.change_arrival")
