"""Leave given to an account, which is typed as its address: a list would be all of an agency."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.reach import WithinReach
from accounts.models import Account
from accounts.people.reach import agencies_within_reach


class AccountByAddress(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """One of the accounts within reach; nobody until a page has said whose."""

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


class GivenAndEnded(WithinReach):
    """Leave that an officer gives and ends, and never changes: what was allowed when can be read
    later. The form has an `account`; `end_now` is the page's own.
    """

    actions = ("end_now",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whoever may give it may end it."""
        return self.has_add_permission(request)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return _within_reach(super().get_form(request, obj, change, **kwargs), request)


def _within_reach(form: Any, request: HttpRequest) -> Any:
    """The form for this officer; a field of its own: the class's would be another's, too."""
    if "account" in form.base_fields:
        field = deepcopy(form.base_fields["account"])
        here = agencies_within_reach(cast(Account, request.user))
        field.queryset = Account.objects.filter(agency__in=here)
        form.base_fields = {**form.base_fields, "account": field}
    return form
