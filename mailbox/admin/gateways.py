"""Gateways: where an agency's mail leaves. A password goes in here and never comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.forms import SealedPasswordForm
from accounts.admin.reach import WithinReach
from mailbox.models import Gateway
from mailbox.outbound.routing import seal_password
from mailbox.smtp.gateway import unusable_authorities

if TYPE_CHECKING:
    GatewayModelForm = forms.ModelForm[Gateway]
else:  # Django's class is not generic at run time.
    GatewayModelForm = forms.ModelForm


class GatewayForm(GatewayModelForm, SealedPasswordForm):
    """The password is write-only: sealed to the relay key, which the web tier cannot open."""

    class Meta:
        model = Gateway
        exclude = ("sealed_password", "relay_key_id")  # all but the two that are sealed

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if not password.isascii():
            raise forms.ValidationError(_("Gateways take passwords of Latin characters only."))
        return password

    def clean_ca_certificates(self) -> str:
        pem: str = self.cleaned_data["ca_certificates"].strip()
        if pem and unusable_authorities(pem):
            raise forms.ValidationError(_("These are not certificates in PEM form."))
        return pem


@admin.register(Gateway)
class GatewayAdmin(WithinReach):
    form = GatewayForm
    list_display = (
        "name",
        "agency",
        "host",
        "port",
        "security",
        "order",
        "has_password",
        "is_enabled",
    )
    list_filter = ("security", "is_enabled")
    list_select_related = ("agency",)
    search_fields = ("name", "host", "agency__name_th", "agency__name_en", "agency__letter_code")
    autocomplete_fields = ("agency",)
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("agency", "name", "order", "is_enabled")}),
        (_("Connection"), {"fields": ("host", "port", "security", "tls_name", "ca_certificates")}),
        (_("Login"), {"fields": ("username", "new_password", "forget_password")}),
    )

    @admin.display(description=_("password set"), boolean=True)
    def has_password(self, gateway: Gateway) -> bool:
        return gateway.sealed_password is not None

    def save_model(
        self, request: HttpRequest, obj: Gateway, form: forms.ModelForm[Any], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data["new_password"]:
            seal_password(obj, form.cleaned_data["new_password"])
        elif form.cleaned_data["forget_password"]:
            seal_password(obj, "")
