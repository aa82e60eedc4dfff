"""Forms of accounts in the administration: Django's own, told which model is ours."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from accounts.models import Account


class NewAccountForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """An address and a first password, checked by the same rules as every password."""

    class Meta:
        model = Account
        fields = ("address",)
        field_classes: dict[str, Any] = {}


class AccountForm(UserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """Everything of an account but its password, which has a page of its own."""

    class Meta:
        model = Account
        fields = "__all__"
        field_classes: dict[str, Any] = {}
