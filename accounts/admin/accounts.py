"""Accounts: who may sign in. Opening, closing, first keys, and help with a lost second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin import filters
from accounts.admin.deeds import DeedsOnAccounts
from accounts.admin.forms import AccountForm, NewAccountForm, ReasonForm, ask_first
from accounts.admin.people import list_again
from accounts.admin.reach import ReadOnlyInline, WithinReach
from accounts.admin.wording.codes import step_of
from accounts.models import Account, Activation, ProvisioningJob, SecondOpinion, TotpDevice
from accounts.people import joining, standing, two_officers
from accounts.provisioning import activation, overview

# Only a superuser makes administrators; otherwise HR could make itself one.
POWERS = ("is_staff", "is_superuser", "groups")


def _given(account: Account) -> tuple[str, ...]:
    """What stays as it is: the holder, once there is or was one."""
    holders = (account.official_id, account.former_official_id, account.position_id)
    held = ("official", "position") if any(holders) else ()
    return ("address", "agency", "state", "first_signed_in_at", *held)


class JobsOfAccount(ReadOnlyInline):
    model = ProvisioningJob
    verbose_name_plural = _("being opened")
    fields = ("requested_at", "must_be_done_by", "state", "stands_at", "attempts")

    @admin.display(description=_("stands at"))
    def stands_at(self, job: ProvisioningJob) -> str:
        step = next((each for each in job.steps.all() if each.done_at is None), None)
        if step is None:
            return ""
        said = (step_of(step.name), overview.sentence_of(step.last_error))
        return " · ".join(filter(None, said))


class KeysOfAccount(ReadOnlyInline):
    model = Activation
    fk_name = "account"
    verbose_name_plural = _("first keys")
    show_change_link = False
    fields = ("kind", "made_at", "made_by", "expires_at", "printed_at", "used_at")


class OpinionsOnAccount(ReadOnlyInline):
    model = SecondOpinion
    fk_name = "account"
    fields = ("deed", "reason", "asked_by", "asked_at", "answered_by", "is_agreed")


@admin.register(Account)
class AccountAdmin(DeedsOnAccounts, WithinReach, UserAdmin):  # type: ignore[type-arg]  # UserAdmin is not generic at run time
    """An address is given once and never changed; a password is set, never shown."""

    form = AccountForm
    add_form = NewAccountForm
    list_display = ("address", "holder", "agency", "state", "has_second_factor", "is_staff")
    list_filter = (
        "state",
        filters.NeverSignedIn,
        filters.SecondFactor,
        filters.StuckAt,
        filters.Due,
        filters.InAgency,
        "is_staff",
        "groups",
    )
    list_select_related = ("agency", "official", "position")
    ordering = ("address",)
    filter_horizontal = ()
    search_fields = (
        "address",
        "official__given_name_th",
        "official__family_name_th",
        "official__given_name_en",
        "official__family_name_en",
        "official__source_records__key",
        "position__title_th",
        "position__position_number",
        "agency__name_th",
        "agency__name_en",
    )
    autocomplete_fields = ("official", "position", "agency")
    actions = (
        *("approve", "activate", "suspend", "reset_second_factor", "print_letters"),
        *("ask_for_superior", "ask_for_release"),
    )
    fieldsets = (
        (None, {"fields": ("address", "password_page", "agency", "official", "position")}),
        (_("Standing"), {"fields": ("state", "valid_from", "valid_to", "first_signed_in_at")}),
        (_("Administration"), {"fields": POWERS}),
        (_("How it looks"), {"fields": ("language", "theme", "thai_digits", "christian_era")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        # Its standing is not asked: a new account is a request, and the queue opens it.
        (None, {"fields": ("address", "agency", "official", "position", "language")}),
        (_("First password"), {"fields": ("usable_password", "password1", "password2")}),
    )
    inlines = (JobsOfAccount, KeysOfAccount, OpinionsOnAccount)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        rows: QuerySet[Account] = super().get_queryset(request)
        apps = TotpDevice.objects.filter(confirmed=True, user=OuterRef("pk"))
        return rows.annotate(has_app=Exists(apps))

    def get_inlines(self, request: HttpRequest, obj: Account | None) -> Any:
        return self.inlines if obj is not None else ()

    def get_readonly_fields(self, request: HttpRequest, obj: Account | None = None) -> Any:
        # Its standing and its holder are changed by deeds, each with its consequences, never by a
        # form: whoever changed the holder here would give one person's letters to another.
        always = ("password_page", "last_login", "created_at", "valid_from", "valid_to")
        given = _given(obj) if obj is not None else ()
        powers = () if cast(Account, request.user).is_superuser else POWERS
        fixed = (*super().get_readonly_fields(request, obj), *always, *given, *powers)
        return [self._in_manner(name, request) for name in fixed]

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        actor = cast(Account, request.user)
        if obj is not None and (obj.is_superuser or obj.is_staff) and not actor.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Django's page, in one transaction with its audit event."""
        return super().user_change_password(request, id, form_url)

    def save_model(
        self, request: HttpRequest, obj: Account, form: ModelForm[Account], change: bool
    ) -> None:
        obj.address = obj.address.strip().lower()
        super().save_model(request, obj, form, change)
        list_again(Account.objects.filter(pk=obj.pk))

    @admin.display(description=_("Password"))
    def password_page(self, account: Account) -> str:
        """A way to set a new one; not even the hash of the present one is shown."""
        address = reverse("admin:auth_user_password_change", args=[account.pk])
        return format_html('<a href="{}">{}</a>', address, _("Set a new password"))

    @admin.display(description=_("Holder"), ordering="official__given_name_th")
    def holder(self, account: Account) -> str:
        return account.name if account.official or account.position else ""

    @admin.display(description=_("Second factor"), boolean=True, ordering="has_app")
    def has_second_factor(self, account: Account) -> bool:
        return bool(getattr(account, "has_app", False))

    @admin.action(description=_("Approve the chosen requests"), permissions=["change"])
    def approve(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        count = self._each(request, accounts, joining.approve)
        said = ngettext(
            "%(count)d request is approved; the account is being opened.",
            "%(count)d requests are approved; the accounts are being opened.",
            count,
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Let the chosen accounts in again"), permissions=["change"])
    def activate(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        count = self._each(request, accounts, standing.activate)
        said = ngettext("%(count)d account is active.", "%(count)d accounts are active.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Suspend the chosen accounts"), permissions=["change"])
    def suspend(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        count = self._each(request, accounts, standing.suspend)
        said = ngettext(
            "%(count)d account is suspended; its sessions have ended.",
            "%(count)d accounts are suspended; their sessions have ended.",
            count,
        )
        self.message_user(request, said % {"count": count}, messages.SUCCESS)

    @admin.action(description=_("Ask to reset the second factor …"), permissions=["ask"])
    def reset_second_factor(self, request: HttpRequest, accounts: QuerySet[Account]) -> Any:
        """Only asks; another officer agrees on the page of deeds for two."""
        title = _("Reset the second factor: another officer must agree")
        answer = ask_first(self, request, accounts, ReasonForm, title=title)
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        for account in accounts:
            two_officers.ask("reset_second_factor", account, by=by, now=now, **answer)
        said = _("Asked. As soon as another officer agrees, the next sign-in enrols a new app.")
        self.message_user(request, said, messages.SUCCESS)
        return None

    @admin.action(description=_("Print activation letters"), permissions=["change"])
    def print_letters(
        self, request: HttpRequest, accounts: QuerySet[Account]
    ) -> HttpResponse | None:
        """The letters, with codes that are shown this once; PortalError where none is due."""
        waiting = activation.in_need(accounts)
        by, now = cast(Account, request.user), timezone.now()
        letters = activation.print_letters(waiting.order_by("address"), by=by, now=now)
        if not letters:
            said = _("None of these accounts is open and waits for its first sign-in.")
            self.message_user(request, said, messages.WARNING)
            return None
        door = request.build_absolute_uri(reverse("accounts:activate"))
        context = {"letters": letters, "today": timezone.localdate(), "door": door}
        return render(request, "accounts/people/letters/print.html", context)

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Who may ask for deeds that take two."""
        return cast(Account, request.user).has_perm("accounts.add_secondopinion")

    def _each(
        self, request: HttpRequest, accounts: QuerySet[Account], deed: Callable[..., None]
    ) -> int:
        """Do a deed to each account this officer may change; return how many those were."""
        by, now = cast(Account, request.user), timezone.now()
        changeable = [each for each in accounts if self.has_change_permission(request, each)]
        for account in changeable:
            deed(account, now=now, by=by)
        return len(changeable)
