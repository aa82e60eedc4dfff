"""A person's own keys to the portal: the app, the backup codes, the sessions, the password."""

from __future__ import annotations

import uuid
from functools import partial

from allauth.account.views import LogoutView, PasswordChangeView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_otp import login as remember_device

from accounts.models import BackupCode
from accounts.signing_in import directory_login, second_factor, sessions
from accounts.web.forms import CodeForm
from accounts.web.gates import password_again
from accounts.web.request import PortalRequest


@require_GET
def overview(request: PortalRequest) -> HttpResponse:
    """Show what opens this account, and where it is open now."""
    context = {
        "app": second_factor.app_of(request.user),
        "codes_left": BackupCode.objects.unused().filter(account=request.user).count(),
        "sessions": sessions.of(request.user),
        "this_session": request.session.session_key,
        "password_is_the_agencys": directory_login.signs_in_by_directory(request.user),
    }
    return render(request, "accounts/security.html", context)


@require_POST
def end_session(request: PortalRequest, session: uuid.UUID) -> HttpResponse:
    """End one of one's own sessions."""
    ended, _rows = sessions.of(request.user).filter(public_id=session).delete()
    if not ended:
        raise Http404
    messages.success(request, _("The session has ended."))
    return redirect("accounts:security")


@require_POST
def end_other_sessions(request: PortalRequest) -> HttpResponse:
    """End all of one's own sessions but this one."""
    sessions.end_all(request.user, but=request.session.session_key)
    messages.success(request, _("All other sessions have ended."))
    return redirect("accounts:security")


@require_http_methods(["GET", "POST"])
@password_again
def new_codes(request: PortalRequest) -> HttpResponse:
    """Make ten new backup codes and show them once; the earlier ones are void."""
    codes = second_factor.issue_backup_codes(request.user) if request.method == "POST" else None
    return render(request, "accounts/new_codes.html", {"codes": codes})


@password_again
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def replace_app(request: PortalRequest) -> HttpResponse:
    """Set up another authenticator app; once its first code is right the old one is void."""
    account = request.user
    form = CodeForm(
        request.POST or None,
        attempt=partial(second_factor.confirm_app, account, now=timezone.now()),
    )
    if form.is_valid():
        _keep_only_this_session(request)
        messages.success(request, _("The new app is in use. All other sessions have ended."))
        return redirect("accounts:security")
    setup = second_factor.setup_of(second_factor.prepare_app(account))
    return render(request, "accounts/replace_app.html", {"form": form, "setup": setup})


def _keep_only_this_session(request: PortalRequest) -> None:
    request.session.cycle_key()
    remember_device(request, second_factor.app_of(request.user))
    sessions.end_all(request.user, but=request.session.session_key)


class ChangePassword(PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    """Change the password, knowing the present one; every other session ends."""

    def dispatch(self, request: PortalRequest, *args: object, **kwargs: object) -> HttpResponse:
        if directory_login.signs_in_by_directory(request.user):
            raise directory_login.PasswordElsewhere
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: object) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        sessions.end_all(self.request.user, but=self.request.session.session_key)
        messages.success(self.request, _("The password is changed. All other sessions have ended."))
        return response


class SignOut(LogoutView):  # type: ignore[misc]  # allauth has no types
    """End the session on the server, and tell the browser to forget what it holds."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response: HttpResponse = super().post(request, *args, **kwargs)
        request.session.flush()
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
