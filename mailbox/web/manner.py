"""Thai or Arabic digits; language and theme are chosen in `accounts.web.look`."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import Account
from mailbox.web.requests import PortalRequest


@require_POST
@login_required
def digits(request: PortalRequest) -> HttpResponse:
    """Keep the choice with the account, and go back to the page it was made on."""
    chosen = request.POST.get("thai_digits") == "yes"
    Account.objects.filter(pk=request.user.pk).update(thai_digits=chosen)
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back if back and is_ours else "/")
