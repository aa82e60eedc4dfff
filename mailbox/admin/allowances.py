"""Leave to write to more recipients than a role may: given for a reason, until a moment."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Account
from mailbox.admin.typed import AccountByAddress, GivenAndEnded
from mailbox.models import SendingAllowance


class AllowanceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """An allowance ends: one without an end would be a role."""

    account = AccountByAddress()

    class Meta:
        model = SendingAllowance
        fields = ("account", "recipients_a_message", "recipients_a_day", "reason", "until")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if (until := said.get("until")) and until <= timezone.now():
            self.add_error("until", _("The end must lie ahead."))
        return said


@admin.register(SendingAllowance)
class AllowanceAdmin(GivenAndEnded):
    """Given and ended, never changed: what was allowed when can be read later."""

    form = AllowanceForm
    agency_paths = ("account__agency",)
    list_display = (
        *("account", "recipients_a_message", "recipients_a_day"),
        *("until", "ended_at", "granted_by"),
    )
    list_select_related = ("account__official", "granted_by__official")
    search_fields = ("account__address", "reason")
    ordering = ("-pk",)
    readonly_fields = ("granted_by", "ended_at")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.granted_by = cast(Account, request.user)
        super().save_model(request, obj, form, change)

    @admin.action(description=_("End at once"), permissions=["end"])
    def end_now(self, request: HttpRequest, chosen: QuerySet[SendingAllowance]) -> None:
        open_ones = SendingAllowance.objects.filter(
            pk__in=list(chosen.values_list("pk", flat=True)), ended_at__isnull=True
        )
        count = open_ones.update(ended_at=timezone.now())
        said = ngettext("%(count)d allowance has ended.", "%(count)d allowances have ended.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)
