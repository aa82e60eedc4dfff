"""Accounts: who may sign in. Opening, closing, and help when the second factor is lost."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.forms import AccountForm, NewAccountForm
from accounts.admin.people import list_again
from accounts.admin.reach import WithinReach
from accounts.models import Account
from accounts.people import standing
from accounts.signing_in import second_factor

# Only a superuser makes administrators; otherwise HR could make itself one.
POWERS = ("is_staff", "is_superuser", "groups")


@admin.register(Account)
class AccountAdmin(WithinReach, UserAdmin):  # type: ignore[type-arg]  # UserAdmin is not generic at run time
    """An address is given once and never changed; a password is set, never shown."""

    form = AccountForm
    add_form = NewAccountForm
    list_display = ("address", "holder", "agency", "state", "has_second_factor", "is_staff")
    list_filter = ("state", "is_staff", "groups", "language")
    list_select_related = ("agency", "official", "position")
    list_per_page = 50
    ordering = ("address",)
    filter_horizontal = ()
    search_fields = (
        "address",
        "official__given_name_th",
        "official__family_name_th",
        "official__given_name_en",
        "official__family_name_en",
        "position__title_th",
        "agency__name_th",
        "agency__name_en",
    )
    autocomplete_fields = ("official", "position", "agency")
    actions = ("activate", "suspend", "reset_second_factor")
    fieldsets = (
        (None, {"fields": ("address", "password_page", "agency", "official", "position", "state")}),
        (_("Administration"), {"fields": POWERS}),
        (_("How it looks"), {"fields": ("language", "theme", "thai_digits")}),
        (_("Dates"), {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("address", "agency", "official", "position", "state", "language")}),
        (_("First password"), {"fields": ("usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        rows: QuerySet[Account] = super().get_queryset(request)
        return rows.annotate(apps=Count("totpdevice"))

    def get_readonly_fields(
        self, request: HttpRequest, obj: Account | None = None
    ) -> tuple[str, ...]:
        always = ("password_page", "last_login", "created_at")
        given = ("address",) if obj is not None else ()
        powers = () if cast(Account, request.user).is_superuser else POWERS
        return always + given + powers

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        actor = cast(Account, request.user)
        if obj is not None and (obj.is_superuser or obj.is_staff) and not actor.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: Account, form: ModelForm[Account], change: bool
    ) -> None:
        obj.address = obj.address.strip().lower()
        super().save_model(request, obj, form, change)
        if obj.state == Account.State.SUSPENDED:
            standing.suspend(obj)
        list_again(Account.objects.filter(pk=obj.pk))

    @admin.display(description=_("Password"))
    def password_page(self, account: Account) -> str:
        """A way to set a new one; not even the hash of the present one is shown."""
        address = reverse("admin:auth_user_password_change", args=[account.pk])
        return format_html('<a href="{}">{}</a>', address, _("Set a new password"))

    @admin.display(description=_("Holder"), ordering="official__given_name_th")
    def holder(self, account: Account) -> str:
        return account.name if account.official or account.position else ""

    @admin.display(description=_("Second factor"), boolean=True, ordering="apps")
    def has_second_factor(self, account: Account) -> bool:
        return bool(getattr(account, "apps", 0))

    @admin.action(description=_("Activate the chosen accounts"), permissions=["change"])
    def activate(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        for account in self._changeable(request, accounts):
            standing.activate(account)
        self._say(request, "activated", accounts.count())

    @admin.action(description=_("Suspend the chosen accounts"), permissions=["change"])
    def suspend(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        for account in self._changeable(request, accounts):
            standing.suspend(account)
        self._say(request, "suspended", accounts.count())

    @admin.action(description=_("Reset the second factor"), permissions=["reset"])
    def reset_second_factor(self, request: HttpRequest, accounts: QuerySet[Account]) -> None:
        for account in accounts:
            second_factor.forget(account)
            self.log_change(request, account, "second factor reset")
        self._say(request, "reset", accounts.count())

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Asked by the action above: a right of its own, which those who set passwords lack."""
        return cast(Account, request.user).has_perm("accounts.reset_second_factor")

    def _changeable(self, request: HttpRequest, accounts: QuerySet[Account]) -> list[Account]:
        return [each for each in accounts if self.has_change_permission(request, each)]

    def _say(self, request: HttpRequest, deed: str, count: int) -> None:
        sentences: dict[str, Any] = {
            "activated": ngettext(
                "%(count)d account is active.", "%(count)d accounts are active.", count
            ),
            "suspended": ngettext(
                "%(count)d account is suspended; its sessions have ended.",
                "%(count)d accounts are suspended; their sessions have ended.",
                count,
            ),
            "reset": ngettext(
                "The second factor of %(count)d account is reset; its sessions have ended.",
                "The second factor of %(count)d accounts is reset; their sessions have ended.",
                count,
            ),
        }
        messages.success(request, sentences[deed] % {"count": count})
