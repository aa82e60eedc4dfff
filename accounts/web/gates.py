"""Who gets to a view of the account pages; django-allauth's decorators, given types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.decorators import login_stage_required
from django.http import HttpResponse

from accounts.signing_in.stages import SecondFactorStage

View = TypeVar("View", bound=Callable[..., HttpResponse])


def at_this_step(view: View) -> View:
    """Only while a sign-in waits for its second factor; everybody else goes to the first step."""
    gate = login_stage_required(stage=SecondFactorStage.key, redirect_urlname="account_login")
    return cast(View, gate(view))


def password_again(view: View) -> View:
    """Only shortly after the password was typed once more; else ask for it and come back."""
    return cast(View, reauthentication_required(view))
