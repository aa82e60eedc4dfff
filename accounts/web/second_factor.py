"""The step between password and mail: a code, or at the first sign-in the setting up of an app."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.signing_in import second_factor
from accounts.signing_in.stages import SecondFactorStage
from accounts.web.forms import CodeForm
from accounts.web.gates import at_this_step


def _stage(request: HttpRequest) -> SecondFactorStage:
    stage: SecondFactorStage = request._login_stage  # type: ignore[attr-defined]  # set by allauth
    return stage


@at_this_step
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the six digits of the authenticator app."""
    return _ask(request, template="accounts/second_factor.html", backup=False)


@at_this_step
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def backup_code(request: HttpRequest) -> HttpResponse:
    """Ask for one of the ten codes kept on paper."""
    return _ask(request, template="accounts/backup_code.html", backup=True)


def _ask(request: HttpRequest, *, template: str, backup: bool) -> HttpResponse:
    stage = _stage(request)
    if stage.state.get("enrolled"):
        return redirect("accounts:first-codes")
    device = second_factor.app_of(stage.account)
    if device is None:
        return redirect("accounts:enrol")
    attempt = second_factor.try_backup_code if backup else second_factor.try_code
    form = CodeForm(
        request.POST or None,
        attempt=partial(attempt, stage.account, now=timezone.now()),
        digits_only=not backup,
    )
    if form.is_valid():
        return stage.pass_with(device)
    return render(request, template, {"form": form, "account": stage.account})


@at_this_step
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Set up the account's first authenticator app, then show the backup codes once."""
    stage = _stage(request)
    if second_factor.app_of(stage.account) is not None:
        return redirect("accounts:second-factor")
    form = CodeForm(
        request.POST or None,
        attempt=partial(second_factor.confirm_app, stage.account, now=timezone.now()),
    )
    if form.is_valid():
        stage.remember(enrolled=True)
        return _show_codes(request, stage)
    setup = second_factor.setup_of(second_factor.prepare_app(stage.account))
    context = {"form": form, "account": stage.account, "setup": setup}
    return render(request, "accounts/enrol.html", context)


@at_this_step
@require_http_methods(["GET", "POST"])
def first_codes(request: HttpRequest) -> HttpResponse:
    """After enrolment: show new backup codes again if asked, or go in once they are kept."""
    stage = _stage(request)
    device = second_factor.app_of(stage.account)
    if device is None or not stage.state.get("enrolled"):
        return redirect("accounts:second-factor")
    if request.POST.get("kept"):
        return stage.pass_with(device)
    if request.method == "POST":
        return _show_codes(request, stage)
    return render(request, "accounts/first_codes.html", {"account": stage.account})


def _show_codes(request: HttpRequest, stage: SecondFactorStage) -> HttpResponse:
    codes = second_factor.issue_backup_codes(stage.account)
    context = {"codes": codes, "account": stage.account}
    return render(request, "accounts/first_codes.html", context)


@require_POST
def not_me(request: HttpRequest) -> HttpResponse:
    """Leave the step: this is somebody else's sign-in."""
    request.session.flush()
    return redirect("account_login")
