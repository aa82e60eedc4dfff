"""What an officer does with an agency's domains: add, change, prove, test, attest, take off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import CheckedDomain, ScanRun, TestLetter
from accounts.readiness import domains, letters
from accounts.readiness import gate as the_gate
from accounts.readiness.domains import Servers
from accounts.readiness.scanning import ask, ownership
from accounts.web.gates import told_in_place
from accounts.web.readiness import gate
from accounts.web.request import PortalRequest
from govmail_portal.errors import PortalError

_ASKING = {TestLetter.Kind.SIGNED: letters.ask_signed, TestLetter.Kind.SARABAN: letters.ask_saraban}
_LINES = {"rows": 2, "class": "input", "spellcheck": "false", "lang": "en"}


class ServersForm(forms.Form):
    """What is known of a domain besides its name; lists are typed a line each."""

    role = forms.ChoiceField(
        choices=CheckedDomain.Role.choices,
        label=gettext_lazy("What it is used for"),
        widget=forms.Select(attrs={"class": "select"}),
    )
    hosts = forms.CharField(
        label=gettext_lazy("Other web servers"),
        help_text=gettext_lazy("Such as www, one a line. The domain itself is always tested."),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
    )
    logins = forms.CharField(
        label=gettext_lazy("Where officials sign in to mail today"),
        help_text=gettext_lazy(
            "The address of the web mail, or of the server with its port, such as "
            "imap.agency.go.th:143; one a line. No password is ever asked for or tried."
        ),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
    )
    selectors = forms.CharField(
        label=gettext_lazy("DKIM selectors"),
        help_text=gettext_lazy(
            "Names of the keys that sign outgoing mail, one a line. Whoever runs the mail "
            "server knows them; they may be added later."
        ),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
    )

    @property
    def servers(self) -> Servers:
        said = self.cleaned_data
        return Servers(*(said[name].split() for name in ("hosts", "logins", "selectors")))


class NewDomainForm(ServersForm):
    """A domain to be put on the list."""

    name = forms.CharField(
        label=gettext_lazy("Domain"),
        help_text=gettext_lazy("The part after @ in the agency's addresses, such as agency.go.th."),
        max_length=300,
        widget=forms.TextInput(
            attrs={"class": "input", "autocapitalize": "none", "spellcheck": "false", "lang": "en"}
        ),
    )
    field_order = ("name", "role", "hosts", "logins", "selectors")


class DomainForm(ServersForm):
    """Everything that an officer may say of a domain later."""

    exception_letter = forms.CharField(
        label=gettext_lazy("Letter of the exception"),
        help_text=gettext_lazy("Only for a domain outside go.th and mi.th (TR-5)."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    incident_contact = forms.CharField(
        label=gettext_lazy("Published contact for incidents"),
        help_text=gettext_lazy(
            "A page or an address where anybody may report a weakness; it stands in for a "
            "security.txt (TR-7)."
        ),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"class": "input"}),
    )
    no_forwarding = forms.BooleanField(
        label=gettext_lazy("No mailbox of this domain passes mail to an address outside by itself"),
        help_text=gettext_lazy("You attest this for the agency; your name is kept with it (TR-8)."),
        required=False,
    )


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
def add(request: PortalRequest, agency: int) -> HttpResponse:
    """Put a domain on the list; its first test begins at once."""
    found = gate.managed(request, agency)
    form = NewDomainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said, servers = form.cleaned_data, form.servers
        try:
            made = domains.add(
                found,
                said["name"],
                said["role"],
                hosts=servers.hosts,
                logins=servers.logins,
                selectors=servers.selectors,
                by=request.user,
                now=timezone.now(),
            )
        except PortalError as error:
            # Beside the form: what was typed must not be lost.
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The domain is on the list and is being tested."))
            return redirect(_page_of(made))
    context = {
        "at": "readiness",
        "agency": found,
        "form": form,
        "is_first": not found.checked_domains.kept().exists(),
    }
    return render(request, "accounts/readiness/domains/add.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@gate.for_mail_officers
def about(request: PortalRequest, checked: int) -> HttpResponse:
    """What is known of a domain, to be changed."""
    domain = gate.domain_managed(request, checked)
    form = DomainForm(request.POST or None, initial=_initial(domain))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            domains.change(
                domain,
                by=request.user,
                now=timezone.now(),
                role=said["role"],
                servers=form.servers,
                exception_letter=said["exception_letter"],
                incident_contact=said["incident_contact"],
                no_forwarding=said["no_forwarding"],
            )
        except PortalError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept. It counts from the next test on."))
            return redirect(_page_of(domain))
    context = {"at": "readiness", "agency": domain.agency, "domain": domain, "form": form}
    return render(request, "accounts/readiness/domains/about.html", context)


@require_POST
@login_required
@gate.for_mail_officers
@told_in_place
def test(request: PortalRequest, checked: int) -> HttpResponse:
    """Test a domain now."""
    domain = gate.domain_managed(request, checked)
    ask(domain, ScanRun.Trigger.OFFICER, by=request.user, now=timezone.now())
    return redirect(_page_of(domain))


@require_POST
@login_required
@gate.for_mail_officers
@told_in_place
def look(request: PortalRequest, checked: int) -> HttpResponse:
    """Look in DNS for the record that shows control."""
    domain = gate.domain_managed(request, checked)
    if ownership.look(domain, timezone.now()):
        messages.success(request, _("The record is there: the domain is the agency's."))
    else:
        messages.warning(
            request,
            _(
                "The record is not there yet. Compare it letter by letter with the line below; "
                "if it was just added, try again in some minutes."
            ),
        )
    return redirect(_page_of(domain))


@require_POST
@login_required
@gate.for_mail_officers
@told_in_place
def letter(request: PortalRequest, checked: int, letter: str) -> HttpResponse:
    """Ask for a test letter: to be written by the agency (TR-4), or to its saraban mailbox."""
    domain = gate.domain_managed(request, checked)
    if letter not in TestLetter.Kind.values:
        raise Http404
    _ASKING[TestLetter.Kind(letter)](domain, by=request.user, now=timezone.now())
    if letter == TestLetter.Kind.SIGNED:
        messages.success(request, _("Write a letter to the address below, then test again."))
    else:
        messages.success(request, _("A letter goes to the saraban mailbox. Answer it there."))
    return redirect(f"{_page_of(domain)}#letters")


@require_POST
@login_required
@gate.for_mail_officers
@told_in_place
def remove(request: PortalRequest, checked: int) -> HttpResponse:
    """Take a domain off the list."""
    domain = gate.domain_managed(request, checked)
    domains.remove(domain, by=request.user, now=timezone.now())
    said = _("%(name)s is off the list; what was measured stays on record.")
    messages.success(request, said % {"name": domain.name})
    return redirect("accounts:readiness-of", domain.agency_id)


@require_POST
@login_required
@gate.for_mail_officers
@told_in_place
def go_live(request: PortalRequest, agency: int) -> HttpResponse:
    """Open the central service for an agency that was decided on."""
    found = gate.managed(request, agency)
    the_gate.go_live(found, request.user, timezone.now())
    messages.success(request, _("The service is open. Accounts that waited are being opened."))
    return redirect("accounts:readiness-of", found.pk)


def _page_of(domain: CheckedDomain) -> str:
    return f"{reverse('accounts:readiness-of', args=[domain.agency_id])}?domain={domain.pk}"


def _initial(domain: CheckedDomain) -> dict[str, Any]:
    lists = {name: "\n".join(getattr(domain, name)) for name in ("hosts", "logins", "selectors")}
    return lists | {
        "role": domain.role,
        "exception_letter": domain.exception_letter,
        "incident_contact": domain.incident_contact,
        "no_forwarding": domain.no_forwarding_at is not None,
    }


_ONE = "people/readiness/domain/<int:checked>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("people/readiness/<int:agency>/add/", add, name="readiness-add"),
    path("people/readiness/<int:agency>/open/", go_live, name="readiness-open"),
    path(_ONE, about, name="readiness-domain"),
    path(f"{_ONE}test/", test, name="readiness-test"),
    path(f"{_ONE}look/", look, name="readiness-look"),
    path(f"{_ONE}letter/<str:letter>/", letter, name="readiness-letter"),
    path(f"{_ONE}remove/", remove, name="readiness-remove"),
]
