"""What HR does from a list: to officials (transfer, exempt); to accounts, what takes two."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.audited import Audited
from accounts.admin.forms import ExemptForm, ReasonForm, SuperiorForm, TransferForm, ask_first
from accounts.mandate import exemptions
from accounts.models import Account, Agency, Official, PersonnelOrder
from accounts.people import leaving, orders
from accounts.people.reach import agencies_within_reach
from accounts.people.transferring import releasing


class DeedsOnOfficials(Audited):
    """Actions on the officials chosen; those that are only looked at are left out."""

    actions: Any = ("transfer", "exempt")

    def changeable(self, request: HttpRequest, officials: QuerySet[Official]) -> list[Official]:
        return [each for each in officials if self.has_change_permission(request, each)]

    @admin.action(description=_("Transfer to another agency …"), permissions=["change"])
    def transfer(self, request: HttpRequest, officials: QuerySet[Official]) -> Any:
        answer = ask_first(
            self,
            request,
            officials,
            TransferForm,
            title=_("Transfer to another agency"),
            to_agency=Agency.objects.order_by("name_th"),
        )
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        changeable = self.changeable(request, officials)
        for official in changeable:
            orders.record(PersonnelOrder.Kind.TRANSFERRED, official, by=by, now=now, **answer)
        said = ngettext(
            "The transfer of %(count)d official waits for the other agency.",
            "The transfers of %(count)d officials wait for the other agency.",
            len(changeable),
        )
        self.message_user(request, said % {"count": len(changeable)}, messages.SUCCESS)
        return None

    @admin.action(description=_("Exempt for a time …"), permissions=["change"])
    def exempt(self, request: HttpRequest, officials: QuerySet[Official]) -> Any:
        answer = ask_first(self, request, officials, ExemptForm, title=_("Exempt for a time"))
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        changeable = self.changeable(request, officials)
        for official in changeable:
            exemptions.ask(official=official, by=by, now=now, **answer)
        said = ngettext(
            "The exemption of %(count)d official waits for a second officer.",
            "The exemptions of %(count)d officials wait for a second officer.",
            len(changeable),
        )
        self.message_user(request, said % {"count": len(changeable)}, messages.SUCCESS)
        return None


class DeedsOnAccounts(Audited):
    """Actions that only ask; another officer agrees on the page of deeds for two."""

    @admin.action(
        description=_("Ask that the superior may read what was left …"), permissions=["ask"]
    )
    def ask_for_superior(self, request: HttpRequest, accounts: QuerySet[Account]) -> Any:
        by, now = cast(Account, request.user), timezone.now()
        here = agencies_within_reach(by)
        answer = ask_first(
            self,
            request,
            accounts,
            SuperiorForm,
            title=_("Let the superior read what was left: another officer must agree"),
            superior=Account.objects.active(now).filter(official__isnull=False, agency__in=here),
        )
        if isinstance(answer, TemplateResponse):
            return answer
        for account in accounts:
            leaving.ask_for_superior(account, by=by, now=now, **answer)
        said = _("Asked. As soon as another officer agrees, the superior may read it for 90 days.")
        self.message_user(request, said, messages.SUCCESS)
        return None

    @admin.action(description=_("Ask for the release of a copy …"), permissions=["ask"])
    def ask_for_release(self, request: HttpRequest, accounts: QuerySet[Account]) -> Any:
        title = _("Release a personal copy: an officer of the other agency must agree")
        answer = ask_first(self, request, accounts, ReasonForm, title=title)
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        for account in accounts:
            releasing.ask(account, by=by, now=now, **answer)
        said = _("Asked. As soon as the other agency agrees, copies may be taken for 30 days.")
        self.message_user(request, said, messages.SUCCESS)
        return None
