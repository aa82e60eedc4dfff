"""Leave to forward outside: the officer's exception to a rule, for a reason, until a moment."""

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
from mailbox.inbound import permissions
from mailbox.models import ForwardPermission, Mailbox


class LeaveForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The address outside goes in, is sealed, and is shown to the mailbox's holder alone."""

    account = AccountByAddress()
    outside = forms.EmailField(label=_("To the address outside"), max_length=254)

    class Meta:
        model = ForwardPermission
        fields = ("reason", "until")

    def clean_account(self) -> Account:
        account: Account = self.cleaned_data["account"]
        if not Mailbox.objects.filter(account=account, is_open=True).exists():
            raise forms.ValidationError(_("This account has no open mailbox."))
        return account


@admin.register(ForwardPermission)
class LeaveAdmin(GivenAndEnded):
    """Given and ended, never changed. A new one ends the mailbox's earlier one."""

    form = LeaveForm
    agency_paths = ("mailbox__account__agency",)
    list_display = ("mailbox", "reason", "starts_at", "until", "ended_at", "granted_by")
    list_select_related = ("mailbox__account__official", "granted_by__official")
    ordering = ("-pk",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ("mailbox", "reason", "starts_at", "until", "ended_at", "granted_by")
        return ("account", "outside", "reason", "until") if obj is None else shown

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The journey makes the row, because it seals the address; NotOutside, LeaveWithoutEnd."""
        said = form.cleaned_data
        made = permissions.grant(
            Mailbox.objects.get(account=said["account"]),
            said["outside"],
            reason=said["reason"],
            until=said["until"],
            by=cast(Account, request.user),
            now=timezone.now(),
        )
        obj.pk = made.pk
        obj.refresh_from_db()

    @admin.action(description=_("End at once"), permissions=["end"])
    def end_now(self, request: HttpRequest, chosen: QuerySet[ForwardPermission]) -> None:
        ended = [leave for leave in chosen if leave.ended_at is None]
        for leave in ended:
            permissions.end(leave, now=timezone.now())
        said = ngettext("%(count)d leave has ended.", "%(count)d leaves have ended.", len(ended))
        self.message_user(request, said % {"count": len(ended)}, messages.SUCCESS)
