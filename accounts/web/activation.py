"""The page of the first key: a link, or an address and a code, and a first password."""

from __future__ import annotations

from typing import Any

from allauth.core.ratelimit import consume
from django import forms
from django.contrib.auth import password_validation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.models import Account, Activation
from accounts.provisioning import activation
from govmail_portal.errors import PortalError

# Its limits are in settings.ACCOUNT_RATE_LIMITS; only wrong codes count. A link needs none:
# nobody guesses 256 bits.
ACTION = "activate"
TOO_MANY = gettext_lazy("There were too many wrong tries. Wait five minutes, then try again.")


class FirstPasswordForm(forms.Form):
    """A first password, twice; checked as every password is, against this account."""

    password1 = forms.CharField(strip=False, max_length=1024, widget=forms.PasswordInput)
    password2 = forms.CharField(strip=False, max_length=1024, widget=forms.PasswordInput)

    def __init__(self, *args: Any, key: Activation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    @sensitive_variables()
    def clean(self) -> dict[str, Any] | None:
        cleaned: dict[str, Any] = super().clean() or {}
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if self.key is None or not first or not second:
            return cleaned
        if first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        try:
            password_validation.validate_password(first, self.key.account)
        except forms.ValidationError as weak:
            self.add_error("password1", weak)
        return cleaned


class LetterForm(FirstPasswordForm):
    """The address and the code of a printed letter besides."""

    address = forms.CharField(max_length=254)
    code = forms.CharField(max_length=80)
    field_order = ("address", "code", "password1", "password2")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables()
    def clean(self) -> dict[str, Any] | None:
        address, code = self.cleaned_data.get("address"), self.cleaned_data.get("code")
        if address and code:
            self.key = self._find(address, code)
        return super().clean()

    def _find(self, address: str, code: str) -> Activation | None:
        account = address.strip().lower()
        if not consume(self.request, action=ACTION, key=account, dry_run=True):
            self.add_error(None, str(TOO_MANY))
            return None
        try:
            key = activation.by_letter(address, code, now=timezone.now())
            activation.must_be_valid(key, now=timezone.now())
        except PortalError as wrong:
            consume(self.request, action=ACTION, key=account)
            self.add_error(None, str(wrong.message))
            return None
        return key


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def by_letter(request: HttpRequest) -> HttpResponse:
    """Open an account with the code of a printed letter."""
    form = LetterForm(request.POST or None, request=request)
    if form.is_valid() and form.key is not None:
        return _open(request, form.key, form.cleaned_data["password1"])
    return render(request, "accounts/activation/letter.html", {"form": form})


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def by_link(request: HttpRequest, first_key: str) -> HttpResponse:
    """Open an account with a one-time link; looking at it uses nothing up."""
    try:
        key = activation.by_link(first_key)
    except activation.WrongKey:
        raise Http404 from None
    # Somebody else's link in a browser where one is signed in is not for this person (P6).
    if request.user.is_authenticated and request.user != key.account:
        raise Http404
    try:
        activation.must_be_valid(key, now=timezone.now())
    except (activation.KeyIsOver, activation.SignsInByDirectory) as over:
        return _over(request, str(over.message), status=over.status)
    form = FirstPasswordForm(request.POST or None, key=key)
    if form.is_valid():
        return _open(request, key, form.cleaned_data["password1"])
    context = {"form": form, "account": key.account, "expires_at": key.expires_at}
    return render(request, "accounts/activation/link.html", context)


def _open(request: HttpRequest, key: Activation, password: str) -> HttpResponse:
    try:
        account: Account = activation.use(key, password=password, now=timezone.now())
    except activation.KeyIsOver as over:
        return _over(request, str(over.message), status=over.status)
    return render(request, "accounts/activation/done.html", {"account": account})


def _over(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    return render(request, "accounts/activation/over.html", {"sentence": sentence}, status=status)
