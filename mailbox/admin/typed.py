"""Accounts that are typed as their address: a list to choose from would be all of an agency."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.people.reach import agencies_within_reach


class AccountByAddress(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """One of the accounts within reach; nobody until `within_reach` has said whose."""

    widget = forms.EmailInput

    def __init__(self) -> None:
        super().__init__(
            Account.objects.none(),
            to_field_name="address",
            label=_("Address of the account"),
            error_messages={"invalid_choice": _("Nobody you look after has this address.")},
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value or "").strip().lower())


def within_reach(form: Any, request: HttpRequest) -> Any:
    """The form for this officer; a field of its own: the class's would be another's, too."""
    if "account" in form.base_fields:
        field = deepcopy(form.base_fields["account"])
        here = agencies_within_reach(cast(Account, request.user))
        field.queryset = Account.objects.filter(agency__in=here)
        form.base_fields = {**form.base_fields, "account": field}
    return form
