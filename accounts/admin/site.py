"""Django's administration, behind the second factor; for everybody else it does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

from accounts.admin.wording.djangos import SAID_BY_SCRIPTS
from govmail_portal.errors import PortalError

View = Callable[..., Any]

# How the pages of people are told apart on the first page, in the order HR needs them.
_PARTS = (
    (_("People"), ("official", "account", "position", "assignment", "personnelorder")),
    (_("What waits"), ("secondopinion", "provisioningjob", "importbatch")),
    (_("The mandate"), ("obligation", "exemption", "attestation", "mandate", "snapshot")),
    (_("Agencies"), ("agency", "orgunit", "agencydomain", "source")),
    (_("Tables"), ("gradescheme", "grade", "officialholiday")),
)


class ScriptWords(JavaScriptCatalog):
    """What Django's scripts say, with our own words before Django's."""

    packages = ["django.contrib.admin"]

    def get_catalog(self) -> dict[str, Any]:
        ours = [str(each) for each in SAID_BY_SCRIPTS]
        with translation.override(None):
            asked = [str(each) for each in SAID_BY_SCRIPTS]
        return {**super().get_catalog(), **dict(zip(asked, ours, strict=True))}


class PortalAdminSite(AdminSite):
    """The one administration site. It has no sign-in of its own and no password page."""

    site_header = _("GovMail Portal administration")
    site_title = _("Administration")
    index_title = _("What would you like to look after?")

    def has_permission(self, request: HttpRequest) -> bool:
        verified = getattr(request.user, "is_verified", lambda: False)
        return super().has_permission(request) and bool(verified())

    def admin_view(  # type: ignore[override]  # the stubs name a type of their own
        self, view: View, cacheable: bool = False
    ) -> View:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not self.has_permission(request):
                raise Http404
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
                # What an administrator may not see does not exist either.
                raise Http404 from None
            except PortalError as error:
                # Everything a deed did is taken back; its sentence stands above the page.
                if request.method != "POST":
                    raise
                messages.error(request, str(error))
                return redirect(request.get_full_path())

        return guarded

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The lists of people in parts that an officer recognises; other apps as they are."""
        apps = super().get_app_list(request, app_label)
        people = next((app for app in apps if app["app_label"] == "accounts"), None)
        if people is None:
            return apps
        left = {each["object_name"].lower(): each for each in people["models"]}
        parts = []
        for title, names in _PARTS:
            found = [left.pop(name) for name in names if name in left]
            if found:
                parts.append(people | {"name": title, "models": found})
        if left:
            parts.append(people | {"name": _("More"), "models": list(left.values())})
        return parts + [app for app in apps if app is not people]

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return cast(HttpResponse, ScriptWords.as_view()(request))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_permission(request):
            raise Http404
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_logout")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return redirect("account_change_password")
