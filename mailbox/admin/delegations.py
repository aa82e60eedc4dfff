"""Who may use whose mailbox, for officers: seen and ended here, never given; no mail is shown."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.reach import Looked
from accounts.models import Account
from accounts.people.reach import agencies_within_reach
from mailbox.models import Delegation
from mailbox.people import delegating


class Standing(admin.SimpleListFilter):
    """Delegations by whether they give access today."""

    title = _("in force")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("Today")), ("over", _("Over"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Delegation]
    ) -> QuerySet[Delegation]:
        in_force = Delegation.objects.in_force(timezone.localdate())
        if self.value() == "now":
            return queryset.filter(pk__in=in_force.order_by().values("pk"))
        if self.value() == "over":
            standing = Delegation.objects.standing(timezone.localdate())
            return queryset.exclude(pk__in=standing.order_by().values("pk"))
        return queryset


@admin.register(Delegation)
class DelegationAdmin(Looked):
    """The agency is that of the mailbox: who looks after it sees who else reads it.

    What was released to an official after a transfer is of the new agency, too.
    """

    agency_paths = ("mailbox__account__agency",)
    list_display = (
        *("account", "mailbox", "may_write", "may_send_as", "may_send_on_behalf"),
        *("valid_from", "valid_to", "ended_at"),
    )
    list_filter = (Standing, "may_send_as", "may_send_on_behalf")
    list_select_related = ("account__official", "mailbox__account__official")
    search_fields = ("account__address", "mailbox__account__address", "reason")
    # Ids are in the order of time.
    ordering = ("-pk",)
    fields = readonly_fields = (
        *("mailbox", "account", "may_write", "may_send_as", "may_send_on_behalf"),
        *("valid_from", "valid_to", "reason", "granted_by", "granted_at"),
        *("ended_at", "ended_by"),
    )
    actions = ("end_now",)

    def is_reached(self, request: HttpRequest) -> Q:
        own_former = Q(mailbox__account__former_official=F("account__official"))
        here = agencies_within_reach(cast(Account, request.user))
        return super().is_reached(request) | (own_former & Q(account__agency__in=here))

    @admin.action(description=_("End these delegations at once"), permissions=["end"])
    def end_now(self, request: HttpRequest, queryset: QuerySet[Delegation]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        chosen = list(queryset.select_related("mailbox__account__agency", "account"))
        for delegation in chosen:
            delegating.end_by_officer(delegation, by=by, now=now)
        count = len(chosen)
        said = ngettext("%(count)d delegation is over.", "%(count)d delegations are over.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return cast(Account, request.user).has_perm("mailbox.change_delegation")
