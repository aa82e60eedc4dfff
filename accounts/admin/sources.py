"""Sources of people: how an agency's directory is reached. A password goes in and never out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminIntegerFieldWidget,
    AdminTextareaWidget,
    AdminTextInputWidget,
)
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin.forms import SealedPasswordForm
from accounts.admin.reach import WithinReach
from accounts.directory import ldap_source, sync
from accounts.ldap import connection, filters, names
from accounts.ldap.maps import MAPS, BadLine, with_lines
from accounts.models import Source
from accounts.people.roles import HR_OFFICER, OPERATOR, grant, rights_over
from govmail_portal.errors import PortalError

if TYPE_CHECKING:
    SourceModelForm = forms.ModelForm[Source]
else:  # Django's class is not generic at run time.
    SourceModelForm = forms.ModelForm

grant(OPERATOR, *rights_over("view add change", "source"))
grant(HR_OFFICER, *rights_over("view", "source"))

# How many people a look at a directory shows.
LOOK = 5


def _text(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, required=False, widget=AdminTextInputWidget()
    )


def _lines(label: Any, help_text: Any = "") -> forms.CharField:
    widget = AdminTextareaWidget(attrs={"rows": 5})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


class SourceForm(SourceModelForm, SealedPasswordForm):
    """What `directory.ldap_source` reads from a source's settings; the password is write-only."""

    directory = forms.ChoiceField(
        label=_("Software"),
        choices=[("openldap", "OpenLDAP"), ("ad", "Active Directory")],
        required=False,
    )
    host = _text(_("Server"))
    port = forms.IntegerField(
        label=_("Port"),
        min_value=1,
        max_value=65535,
        initial=389,
        required=False,
        widget=AdminIntegerFieldWidget(),
    )
    security = forms.ChoiceField(
        label=_("Security"),
        choices=[
            ("starttls", _("StartTLS, certificate checked")),
            ("ldaps", _("TLS from the start (LDAPS), certificate checked")),
            ("loopback", _("None: only to this machine itself")),
        ],
        required=False,
    )
    ca_certificates = _lines(
        _("Certificate authorities"),
        _("In PEM form, where the directory's own is not among those every machine knows."),
    )
    bind_dn = _text(_("Signs in as"), _("The name (DN) of an entry that may read people."))
    base = _text(_("Searched from"), _("Such as ou=people,dc=agency,dc=go,dc=th."))
    filter = _text(_("Filter of people"), _("Empty: every person of the directory."))
    leavers = _text(
        _("Filter of those who have left"),
        _(
            "Such as (employeeType=retired). Empty: only who is missing twice running counts as "
            "having left."
        ),
    )
    map = _lines(
        _("Attributes"),
        _(
            "Lines that differ from what is usual, such as: grade = employeeType. Without any "
            "attribute a fact is not read. Units come from the tree, unless there is a line “unit”."
        ),
    )
    every_hours = forms.IntegerField(
        label=_("Read every so many hours"),
        min_value=0,
        max_value=168,
        initial=0,
        required=False,
        help_text=_("0: only by hand."),
        widget=AdminIntegerFieldWidget(),
    )
    applies = forms.BooleanField(
        label=_("Carry plans out by itself"),
        required=False,
        help_text=_("Above the thresholds two officers are asked all the same."),
    )
    signs_in = forms.BooleanField(
        label=_("People sign in with its password"),
        required=False,
        help_text=_("Then no other password opens their accounts. The second factor stays ours."),
    )

    IN_SETTINGS = (
        *("directory", "host", "port", "security", "ca_certificates", "bind_dn", "base"),
        *("filter", "leavers", "map", "every_hours", "applies", "signs_in"),
    )

    class Meta:
        model = Source
        fields = ("agency", "kind", "name", "is_enabled")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.IN_SETTINGS:
            if name in self.fields and name in self.instance.settings:
                self.initial[name] = self.instance.settings[name]

    def clean_host(self) -> str:
        host: str = self.cleaned_data["host"].strip()
        if host and not connection.is_host(host):
            raise forms.ValidationError(_("This is no name or address of a server."))
        return host

    def clean_ca_certificates(self) -> str:
        pem: str = self.cleaned_data["ca_certificates"].strip()
        if pem and not connection.are_authorities(pem):
            raise forms.ValidationError(_("These are not certificates in PEM form."))
        return pem

    def clean_base(self) -> str:
        return self._name("base")

    def clean_bind_dn(self) -> str:
        return self._name("bind_dn")

    def clean_filter(self) -> str:
        return self._filter("filter")

    def clean_leavers(self) -> str:
        return self._filter("leavers")

    def clean_map(self) -> str:
        lines: str = self.cleaned_data["map"].strip()
        try:
            with_lines(MAPS["openldap"], lines)
        except BadLine as failure:
            raise forms.ValidationError(str(failure.message)) from None
        return lines

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Source.Kind.LDAP:
            for name in ("host", "base", "port"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("A directory needs this."))
        return cleaned

    def _name(self, field: str) -> str:
        dn: str = self.cleaned_data[field].strip()
        if dn and not names.is_name(dn):
            raise forms.ValidationError(_("This is no name of an entry (DN)."))
        return dn

    def _filter(self, field: str) -> str:
        text: str = self.cleaned_data[field].strip()
        if text and not filters.is_whole(text):
            raise forms.ValidationError(_("The filter is not one of LDAP's. Look at its brackets."))
        return text


@admin.register(Source)
class SourceAdmin(WithinReach):
    form = SourceForm
    change_form_template = "accounts/sources/change_form.html"
    list_display = ("name", "agency", "kind", "is_enabled", "read_at", "last_error")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("agency",)
    search_fields = ("name", "agency__name_th", "agency__name_en", "agency__letter_code")
    autocomplete_fields = ("agency",)
    readonly_fields = ("has_password", "read_at", "due_at", "last_error")
    fieldsets = (
        (None, {"fields": ("agency", "kind", "name", "is_enabled")}),
        (
            _("Connection to a directory"),
            {"fields": ("directory", "host", "port", "security", "ca_certificates")},
        ),
        (
            _("Login"),
            {"fields": ("bind_dn", "has_password", "new_password", "forget_password")},
        ),
        (_("Who is read"), {"fields": ("base", "filter", "leavers", "map")}),
        (_("When"), {"fields": ("every_hours", "applies", "read_at", "due_at", "last_error")}),
        (_("Signing in"), {"fields": ("signs_in",)}),
    )

    @admin.display(description=_("password set"), boolean=True)
    def has_password(self, source: Source) -> bool:
        return source.sealed_password is not None

    def save_model(
        self, request: HttpRequest, obj: Source, form: forms.ModelForm[Any], change: bool
    ) -> None:
        said = {name: form.cleaned_data[name] for name in SourceForm.IN_SETTINGS}
        if said != obj.settings:
            # Who is meant may be others now: next time everybody is read.
            obj.settings, obj.read_all_at = said, None
        sync.schedule(obj, now=timezone.now())
        super().save_model(request, obj, form, change)
        if form.cleaned_data["new_password"]:
            ldap_source.seal_password(obj, form.cleaned_data["new_password"])
        elif form.cleaned_data["forget_password"]:
            ldap_source.seal_password(obj, "")

    def response_add(
        self, request: HttpRequest, obj: Source, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._then_look(request, obj) or super().response_add(
            request, obj, post_url_continue
        )

    def response_change(self, request: HttpRequest, obj: Source) -> HttpResponse:
        return self._then_look(request, obj) or super().response_change(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form; with ?look, first ask the directory, outside of any transaction."""
        context = dict(extra_context or {})
        if request.method == "GET" and "look" in request.GET:
            source = self.get_object(request, object_id)
            if source is not None and self.has_change_permission(request, source):
                context["look"] = _look(source)
        return super().change_view(request, object_id, form_url, context)

    def _then_look(self, request: HttpRequest, source: Source) -> HttpResponse | None:
        if "_look" not in request.POST:
            return None
        address = reverse("admin:accounts_source_change", args=[source.pk])
        return HttpResponseRedirect(f"{address}?look=1")


def _look(source: Source) -> dict[str, Any]:
    """What a directory shows at a first look: a few people, or the sentence why none."""
    try:
        reading = ldap_source.read(ldap_source.access_to(source), most=LOOK)
    except PortalError as failure:
        return {"failure": failure.message}
    return {"records": reading.records, "references": reading.references}
