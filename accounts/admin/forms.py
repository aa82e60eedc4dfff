"""Forms of the administration, and the page that asks for what a deed needs before it is done."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.admin.dates import EraDateField, EraDateInput, manner_of
from accounts.models import Account, Agency, Exemption, MandateRule, Position
from accounts.people import addresses
from govmail_portal.errors import PortalError


class SealedPasswordForm(forms.Form):
    """A password of another system's: it goes in, is sealed, and never comes out."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty: the password stays as it is. It is sealed and cannot be shown."),
    )
    forget_password = forms.BooleanField(label=_("Forget the password"), required=False)


class NewAccountForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """An address and a first password, checked by the same rules as every password."""

    class Meta:
        model = Account
        fields = ("address",)
        field_classes: dict[str, Any] = {}

    def clean(self) -> dict[str, Any]:
        """The address must be one of the agency's own: mail to another's domain is theirs."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if (address := said.get("address")) and (agency := said.get("agency")):
            try:
                addresses.must_be_free(address, agency, for_office=bool(said.get("position")))
            except PortalError as unfit:
                self.add_error("address", str(unfit))
        return said


class AccountForm(UserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """Everything of an account but its password, which has a page of its own."""

    class Meta:
        model = Account
        fields = "__all__"
        field_classes: dict[str, Any] = {}


class ReasonForm(forms.Form):
    """Why: the other officer must be able to judge it."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 3}))


class _AddressField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """One of the accounts that may be chosen, typed as its address."""

    widget = forms.EmailInput

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value or "").strip().lower())


class SuperiorForm(ReasonForm):
    """Who is to read what somebody left, and why."""

    superior = _AddressField(
        Account.objects.none(),
        to_field_name="address",
        label=_("Address of the superior"),
        error_messages={
            "invalid_choice": _("Nobody you look after with an open account has this address.")
        },
    )
    quiet = forms.BooleanField(
        required=False,
        label=_("The order says that the official is not to be told"),
    )


class TransferForm(forms.Form):
    """Where to, from when, by which order; the other agency must agree."""

    to_agency = forms.ModelChoiceField(Agency.objects.all(), label=_("To agency"))
    effective_on = EraDateField(label=_("First day there"))
    order_no = forms.CharField(label=_("Order number"), max_length=120)


class ExemptForm(forms.Form):
    """Which rule, why, by which letter, from when to when (at most 180 days)."""

    rule = forms.ModelChoiceField(
        MandateRule.objects.filter(mandate__is_in_force=True), label=_("Rule")
    )
    reason = forms.ChoiceField(choices=Exemption.Reason.choices, label=_("Reason"))
    letter_no = forms.CharField(label=_("Letter number"), max_length=120)
    starts_on = EraDateField(label=_("From"))
    expires_on = EraDateField(label=_("Until"), help_text=_("At most 180 days."))


class ReceiveForm(forms.Form):
    """Which position the receiving agency has for whom it takes over."""

    position = forms.ModelChoiceField(Position.objects.none(), label=_("Position here"))


def ask_first(
    page: ModelAdmin[Any],
    request: HttpRequest,
    chosen: QuerySet[Any],
    form_class: type[forms.Form],
    *,
    title: Promise | str,
    **choices: QuerySet[Any],
) -> dict[str, Any] | TemplateResponse:
    """Return what the officer filled in, or the page that still asks for it.

    choices: by the name of a field, what may be chosen there.
    """
    form = form_class(request.POST if "answered" in request.POST else None)
    for name, rows in choices.items():
        cast("forms.ModelChoiceField[Any]", form.fields[name]).queryset = rows
    for field in form.fields.values():
        if isinstance(field, EraDateField):
            cast(Any, field).widget = EraDateInput(manner_of(request))
    if form.is_bound and form.is_valid():
        return form.cleaned_data
    context = page.admin_site.each_context(request) | {
        "title": title,
        "form": form,
        "chosen": chosen,
        "opts": page.opts,
        "action": request.POST.getlist("action")[0],
        "checkbox": ACTION_CHECKBOX_NAME,
        "media": page.media + form.media,
    }
    return TemplateResponse(request, "admin/ask_first.html", context)
