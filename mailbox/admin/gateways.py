"""Gateways: where an agency's mail leaves. A password goes in here and never comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.audited import AnyStackedInline, NotByHand
from accounts.admin.forms import SealedPasswordForm
from accounts.admin.reach import WithinReach
from accounts.models import Account
from accounts.people.roles import MAIL_OFFICER, OPERATOR, grant
from mailbox.models import Gateway, GatewayHealth
from mailbox.operating import waking
from mailbox.operating.deeds import Hand
from mailbox.outbound.gateways import breaker, trial
from mailbox.outbound.gateways.choosing import health_of
from mailbox.outbound.returning.sentences import sentence_for
from mailbox.outbound.routing import seal_password
from mailbox.smtp.gateway import unusable_authorities

if TYPE_CHECKING:
    GatewayModelForm = forms.ModelForm[Gateway]
else:  # Django's class is not generic at run time.
    GatewayModelForm = forms.ModelForm

for role in (OPERATOR, MAIL_OFFICER):
    grant(
        role,
        *("mailbox.view_gateway", "mailbox.add_gateway", "mailbox.change_gateway"),
        "mailbox.view_gatewayhealth",
    )

_DOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")


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

    def clean_domains(self) -> list[str]:
        domains = [each.strip().lower() for each in self.cleaned_data["domains"] or ()]
        if not all(map(_DOMAIN.fullmatch, domains)):
            raise forms.ValidationError(_("One of these is not a domain such as moi.go.th."))
        return list(dict.fromkeys(domains))


class HealthInline(NotByHand, AnyStackedInline):
    """How it has answered of late: written by the workers, looked at here."""

    model = GatewayHealth
    can_delete = False
    fields = ("state", "probe_at", "last_good_at", "last_bad_at", "why")
    readonly_fields = fields

    @admin.display(description=_("last failure"))
    def why(self, health: GatewayHealth) -> str:
        return sentence_for(health.last_reason) if health.last_reason else "-"


@admin.register(Gateway)
class GatewayAdmin(WithinReach):
    form = GatewayForm
    inlines = (HealthInline,)
    list_display = (
        *("name", "agency", "host", "port", "security", "order", "weight"),
        *("has_password", "state", "is_enabled"),
    )
    list_filter = ("security", "is_enabled", "health__state")
    list_select_related = ("agency", "health")
    search_fields = ("name", "host", "agency__name_th", "agency__name_en", "agency__letter_code")
    autocomplete_fields = ("agency",)
    actions = ("test", "use_again")
    fieldsets = (
        (None, {"fields": ("agency", "name", "order", "weight", "is_enabled")}),
        (_("Connection"), {"fields": ("host", "port", "security", "tls_name", "ca_certificates")}),
        (_("Login"), {"fields": ("mechanism", "username", "new_password", "forget_password")}),
        (_("Whose mail"), {"fields": ("domains", "serves_below")}),
        (
            _("Limits"),
            {
                "fields": (
                    *("size_limit", "messages_a_minute", "most_connections"),
                    ("active_from", "active_to"),
                )
            },
        ),
    )

    @admin.display(description=_("password set"), boolean=True)
    def has_password(self, gateway: Gateway) -> bool:
        return gateway.sealed_password is not None

    @admin.display(description=_("state"))
    def state(self, gateway: Gateway) -> str:
        health = health_of(gateway)
        return str(health.get_state_display()) if health else "-"

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if made is not None and db_field.name == "domains":
            made.widget.attrs["class"] = "vTextField"
        return made

    def save_model(
        self, request: HttpRequest, obj: Gateway, form: forms.ModelForm[Any], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data["new_password"]:
            seal_password(obj, form.cleaned_data["new_password"])
        elif form.cleaned_data["forget_password"]:
            seal_password(obj, "")
        if change:
            # What failed may be mended by this: nobody waits for the end of its rest.
            breaker.reset(obj.pk)
        waking.wake_for(obj, timezone.now())

    @admin.action(description=_("Test this gateway"), permissions=["change"])
    def test(self, request: HttpRequest, chosen: QuerySet[Gateway]) -> HttpResponse | None:
        """A worker tries it; the page of the transcript shows how far it comes."""
        rows = list(chosen[:2])
        if len(rows) != 1:
            self.message_user(request, gettext("Choose one gateway to test."), messages.ERROR)
            return None
        ticket = trial.ask(rows[0], by=cast(Account, request.user), now=timezone.now())
        return HttpResponseRedirect(reverse("mailbox:gateway-trial", args=[rows[0].pk, ticket]))

    @admin.action(description=_("Use again now"), permissions=["change"])
    def use_again(self, request: HttpRequest, chosen: QuerySet[Gateway]) -> None:
        """End the rest of gateways that failed; what waits for them goes on."""
        rows = list(chosen)
        for row in rows:
            waking.use_again(row, Hand(cast(Account, request.user), timezone.now()))
        count = len(rows)
        said = ngettext(
            "%(count)d gateway is used again.", "%(count)d gateways are used again.", count
        )
        self.message_user(request, said % {"count": count})
