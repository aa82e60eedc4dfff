"""The second factor as a stage of django-allauth's sign-in.

Between password and code the session belongs to nobody: `request.user` stays
anonymous, and the pending sign-in lies in the session for fifteen minutes.
"""

from __future__ import annotations

from typing import Any

from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.models import Account, TotpDevice
from accounts.signing_in import second_factor


class SecondFactorStage(LoginStage):  # type: ignore[misc]  # allauth has no types
    """Stops every sign-in until a code was right; the account's first one until it has an app."""

    key = "second_factor"
    urlname = "accounts:second-factor"
    request: HttpRequest

    def handle(self) -> tuple[HttpResponse, bool]:
        # A session id from before the password must be worth nothing after it.
        self.request.session.cycle_key()
        if second_factor.app_of(self.account) is None:
            second_factor.prepare_app(self.account)
        return HttpResponseRedirect(reverse(self.urlname)), True

    @property
    def account(self) -> Account:
        account = self.login.user
        assert isinstance(account, Account)
        return account

    def remember(self, **facts: Any) -> None:
        """Keep something of this sign-in until its next page."""
        from allauth.account.internal.stagekit import stash_login

        self.state.update(facts)
        stash_login(self.request, self.login)

    def pass_with(self, device: TotpDevice) -> HttpResponse:
        """Finish the sign-in: django-otp writes the device into the new session."""
        self.account.otp_device = device  # type: ignore[attr-defined]  # django_otp looks for it
        response: HttpResponse = self.exit()
        return response
