"""First keys, as officers hand them out: letters to print, and one-time links."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Account, Activation
from accounts.people.directory import listed
from accounts.people.reach import agencies_within_reach
from accounts.provisioning import activation
from accounts.web.people.gate import for_officers
from accounts.web.request import PortalRequest

# So many letters at once: a stack that one officer folds, and a page that a browser prints.
SHOWN = 100


@require_GET
@for_officers
def letters(request: PortalRequest) -> HttpResponse:
    """Accounts that are open and wait for their official: who has a key, and until when."""
    words = request.GET.get("q", "")[:100].replace("\0", " ").strip()
    found = _waiting(request)
    if words:
        found = found.filter(address__icontains=words)
    accounts = list(_with_keys(found)[: SHOWN + 1])
    context = {
        "at": "requests",
        "accounts": accounts[:SHOWN],
        "has_more": len(accounts) > SHOWN,
        "words": words,
    }
    return render(request, "accounts/people/letters/index.html", context)


@require_POST
@for_officers
def print_letters(request: PortalRequest) -> HttpResponse:
    """The letters of the accounts chosen, to be printed: their codes are shown this once."""
    chosen = [int(each) for each in request.POST.getlist("account") if _is_id(each)][:SHOWN]
    accounts = listed(_waiting(request).filter(pk__in=chosen).order_by("address"))
    printed = activation.print_letters(accounts, by=request.user, now=timezone.now())
    if not printed:
        messages.error(request, _("Choose at least one account to print a letter for."))
        return redirect("accounts:letters")
    context = {
        "letters": printed,
        "today": timezone.localdate(),
        "door": request.build_absolute_uri(reverse("accounts:activate")),
    }
    return render(request, "accounts/people/letters/print.html", context)


@require_POST
@for_officers
def link(request: PortalRequest) -> HttpResponse:
    """Make a one-time link for one account; it is shown this once."""
    asked = request.POST.get("account", "")
    account = get_object_or_404(_reached(request), pk=int(asked) if _is_id(asked) else 0)
    token = activation.make_link(account, by=request.user, now=timezone.now())
    made = account.activations.latest("made_at")
    address = request.build_absolute_uri(reverse("accounts:activate-by-link", args=[token]))
    context = {"at": "requests", "account": account, "address": address, "made": made}
    return render(request, "accounts/people/letters/link.html", context)


def _reached(request: PortalRequest) -> QuerySet[Account]:
    return Account.objects.get_queryset().filter(agency__in=agencies_within_reach(request.user))


def _waiting(request: PortalRequest) -> QuerySet[Account]:
    return activation.in_need(_reached(request))


def _with_keys(accounts: QuerySet[Account]) -> QuerySet[Account]:
    """Add what each has: kind, printed_at, expires_at of its newest key that is valid."""
    newest = (
        Activation.objects.valid(timezone.now()).filter(account=OuterRef("pk")).order_by("-made_at")
    )
    return (
        accounts.select_related("official", "agency")
        .annotate(
            key_kind=Subquery(newest.values("kind")[:1]),
            key_printed_at=Subquery(newest.values("printed_at")[:1]),
            key_expires_at=Subquery(newest.values("expires_at")[:1]),
        )
        .order_by("key_kind", "agency__name_th", "address")
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


urlpatterns: list[URLPattern | URLResolver] = [
    path("people/letters/", letters, name="letters"),
    path("people/letters/print/", print_letters, name="print-letters"),
    path("people/letters/link/", link, name="make-link"),
]
