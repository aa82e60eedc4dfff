"""Addresses of signing in and of people.

Of django-allauth only four pages are here; sign-up, e-mail management and
password reset by e-mail have no address at all.
"""

from __future__ import annotations

from allauth.account import views as allauth
from django.urls import URLPattern, URLResolver, include, path

from accounts.web import activation, directory, look, preferences, scim, second_factor, security
from accounts.web.people import urls as people
from accounts.web.readiness import urls as readiness

signing_in: list[URLPattern | URLResolver] = [
    path("login/", allauth.login, name="account_login"),
    path("logout/", security.SignOut.as_view(), name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("password/", security.ChangePassword.as_view(), name="account_change_password"),
    path("language/", look.language, name="set_language"),
]

ours: list[URLPattern | URLResolver] = [
    path("account/second-factor/", second_factor.code, name="second-factor"),
    path("account/second-factor/backup/", second_factor.backup_code, name="backup-code"),
    path("account/second-factor/enrol/", second_factor.enrol, name="enrol"),
    path("account/second-factor/codes/", second_factor.first_codes, name="first-codes"),
    path("account/second-factor/leave/", second_factor.not_me, name="not-me"),
    path("account/theme/", look.theme, name="theme"),
    path("account/digits/", look.digits, name="digits"),
    path("account/manner/", look.manner, name="manner"),
    path("account/preferences/", preferences.preferences, name="preferences"),
    path("account/security/", security.overview, name="security"),
    path("account/security/app/", security.replace_app, name="replace-app"),
    path("account/security/codes/", security.new_codes, name="new-codes"),
    path("account/activate/", activation.by_letter, name="activate"),
    path("account/activate/<str:first_key>/", activation.by_link, name="activate-by-link"),
    path("account/sessions/<uuid:session>/end/", security.end_session, name="end-session"),
    path("account/sessions/end/", security.end_other_sessions, name="end-other-sessions"),
    path("people/find/", directory.find, name="find"),
    # Its own bearer token, not a session, opens it; the rest is SCIM's to route (RFC 7644).
    path("scim/v2/", scim.scim, name="scim"),
    path("scim/v2/<path:path>", scim.scim, name="scim-resource"),
    *people.urlpatterns,
    *readiness.urlpatterns,
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include(signing_in)),
    path("", include((ours, "accounts"))),
]
