"""Domains: where mail for nobody goes, and the keys their mail is signed with (DKIM)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.widgets import AdminEmailInputWidget
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.audited import Audited
from accounts.admin.forms import ask_first
from accounts.admin.reach import WithinReach
from accounts.models import Account
from accounts.people.roles import MAIL_OFFICER, OPERATOR, grant
from mailbox.models import Mailbox, MailDomain, SigningKey
from mailbox.outbound.domains import dns, keys

if TYPE_CHECKING:
    SigningKeyModelForm = forms.ModelForm[SigningKey]
    MailDomainModelForm = forms.ModelForm[MailDomain]
else:  # Django's class is not generic at run time.
    SigningKeyModelForm = MailDomainModelForm = forms.ModelForm

for role in (OPERATOR, MAIL_OFFICER):
    grant(
        role,
        *("mailbox.view_maildomain", "mailbox.add_maildomain", "mailbox.change_maildomain"),
        *("mailbox.view_signingkey", "mailbox.add_signingkey", "mailbox.change_signingkey"),
    )

# Each look into DNS may take seconds, and a page waits for all of them.
MOST_LOOKED_UP = 10


class SigningKeyForm(SigningKeyModelForm):
    """Which kind of key, for which domain; everything else is made."""

    class Meta:
        model = SigningKey
        fields = ("domain", "algorithm")

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        waiting = SigningKey.objects.filter(
            domain=said.get("domain"),
            algorithm=said.get("algorithm"),
            state=SigningKey.State.NEW,
        )
        if waiting.exists():
            self.add_error("algorithm", str(keys.KeyWaits.message))
        return said


@admin.register(SigningKey)
class SigningKeyAdmin(WithinReach):
    """A key is made, looked for in DNS and taken out of use; nothing of it is typed."""

    form = SigningKeyForm
    agency_paths = ("domain__agency",)
    list_display = ("selector", "domain", "algorithm", "state", "seen", "seen_at", "retires_at")
    list_filter = ("state", "seen", "algorithm")
    list_select_related = ("domain",)
    search_fields = ("selector", "domain__domain")
    ordering = ("domain__domain", "-created_at")
    actions = ("look_now", "make_successor", "withdraw", "say_over")
    _shown = (
        *("domain", "selector", "algorithm", "state", "record_name", "record", "zone_line"),
        *("seen", "seen_at", "created_at", "active_from", "retires_at"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("domain", "algorithm") if obj is None else self._shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self._shown

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_keys_permission(self, request: HttpRequest) -> bool:
        return cast(Account, request.user).has_perm("mailbox.change_signingkey")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        by = cast(Account, request.user)
        made = keys.make(obj.domain, obj.algorithm, by=by, now=timezone.now())
        obj.pk = made.pk
        obj.refresh_from_db()

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        # The journey has told the audit of it already.
        return super(Audited, self).log_addition(request, obj, message)

    @admin.display(description=_("name of the record (TXT)"))
    def record_name(self, key: SigningKey) -> str:
        return format_html("<code>{}</code>", dns.name_of(key))

    @admin.display(description=_("what it says"))
    def record(self, key: SigningKey) -> str:
        return _to_copy(dns.record_of(key), _("what it says"))

    @admin.display(description=_("as a line of a zone file"))
    def zone_line(self, key: SigningKey) -> str:
        return _to_copy(dns.zone_line_of(key), _("as a line of a zone file"))

    @admin.action(description=_("Look into DNS now"), permissions=["keys"])
    def look_now(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for key in chosen.select_related("domain__agency")[:MOST_LOOKED_UP]:
            seen = keys.look(key, by=by, now=now)
            level = messages.SUCCESS if seen == SigningKey.Seen.GOOD else messages.WARNING
            said = _("%(selector)s: %(seen)s.") % {"selector": key.selector, "seen": seen.label}
            self.message_user(request, said, level)

    @admin.action(
        description=_("Make the next key; this one signs until then"), permissions=["keys"]
    )
    def make_successor(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        kinds = {(key.domain_id, key.algorithm): key for key in _with_domains(chosen)}
        for key in kinds.values():
            keys.make(key.domain, key.algorithm, by=by, now=now)
        said = ngettext(
            "%(count)d key waits for its record in DNS.",
            "%(count)d keys wait for their records in DNS.",
            len(kinds),
        )
        self.message_user(request, said % {"count": len(kinds)}, messages.SUCCESS)

    @admin.action(description=_("Sign no more with it, at once …"), permissions=["keys"])
    def withdraw(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> Any:
        title = _("Sign no more with these keys: their private halves are deleted")
        answer = ask_first(self, request, chosen, forms.Form, title=title)
        if isinstance(answer, TemplateResponse):
            return answer
        by, now = cast(Account, request.user), timezone.now()
        for key in _with_domains(chosen):
            keys.withdraw(key, by=by, now=now)
        self.message_user(request, _("These keys sign no more."), messages.SUCCESS)
        return None

    @admin.action(description=_("Its record is taken out of DNS"), permissions=["keys"])
    def say_over(self, request: HttpRequest, chosen: QuerySet[SigningKey]) -> None:
        by, now = cast(Account, request.user), timezone.now()
        for key in _with_domains(chosen):
            keys.retire(key, by=by, now=now)
        self.message_user(request, _("These keys are over."), messages.SUCCESS)


class MailDomainForm(MailDomainModelForm):
    """The mailbox for unknown addresses, typed as its address: nobody lists all mailboxes."""

    catch_all_address = forms.EmailField(
        label=_("Mailbox for unknown addresses"),
        required=False,
        help_text=_("An address of the same agency. Empty: such mail is refused."),
        widget=AdminEmailInputWidget(),
    )

    class Meta:
        model = MailDomain
        fields = ("domain",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        box = self.instance.catch_all
        if box is not None and box.account is not None:
            self.initial["catch_all_address"] = box.account.address

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        address, domain = said.get("catch_all_address"), said.get("domain")
        domain = domain or (self.instance.domain if self.instance.pk else None)
        self.instance.catch_all = None
        if address and domain:
            box = Mailbox.objects.filter(
                account__address=address.lower(), account__agency=domain.agency, is_open=True
            ).first()
            if box is None:
                said_no = _("This agency has no open mailbox with this address.")
                self.add_error("catch_all_address", said_no)
            self.instance.catch_all = box
        return said


@admin.register(MailDomain)
class MailDomainAdmin(WithinReach):
    form = MailDomainForm
    agency_paths = ("domain__agency",)
    fields = ("domain", "catch_all_address")
    list_display = ("domain", "has_catch_all")
    list_select_related = ("domain",)
    search_fields = ("domain__domain",)

    @admin.display(description=_("takes unknown addresses"), boolean=True)
    def has_catch_all(self, domain: MailDomain) -> bool:
        return domain.catch_all_id is not None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("domain",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _with_domains(chosen: QuerySet[SigningKey]) -> list[SigningKey]:
    return list(chosen.select_related("domain__agency"))


def _to_copy(text: str, label: Any) -> str:
    return format_html(
        '<textarea readonly rows="4" cols="70" aria-label="{}">{}</textarea>', label, text
    )
