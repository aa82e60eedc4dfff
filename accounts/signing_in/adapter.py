"""What django-allauth may do here: sign people in with two factors; never sign them up."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.signing_in import sessions
from accounts.signing_in.first_time import remember_first_sign_in


class PortalAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Two stages, our own sentences, and no way in but the sign-in page."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("The address or the password is not right."),
        "too_many_login_attempts": _(
            "There were too many wrong tries. Wait five minutes, then sign in again."
        ),
        "incorrect_password": _("The password is not right."),
        "enter_current_password": _("The present password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["accounts.signing_in.stages.SecondFactorStage"]

    def is_safe_url(self, url: str) -> bool:
        """Only a path of this portal may follow a sign-in."""
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        sessions.begin(
            request.session,
            browser=request.headers.get("User-Agent", ""),
            network_address=request.META.get("REMOTE_ADDR"),
            now=timezone.now(),
        )
        remember_first_sign_in(user, now=timezone.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def reauthenticate(self, user: Account, password: str) -> bool:
        credentials = {"email": user.address, "password": password}
        again = self.authenticate(self.request, **credentials)
        return again is not None and again.pk == user.pk

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing of our own accord: the pages say what has happened."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: an address is a mailbox of the portal, behind this very door."""
