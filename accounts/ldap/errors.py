"""What an agency's directory may answer instead of people, each with its sentence."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from govmail_portal.errors import PortalError


class DirectoryFailed(PortalError):
    """No answer that can be relied on. Whatever was read until then counts for nothing."""

    message = _("The agency's directory gave an answer that cannot be used. Nothing was changed.")


class LibraryMissing(DirectoryFailed):
    """python-ldap is not installed here (ADR 0011)."""

    message = _(
        "This installation cannot speak LDAP. An operator installs the packages of "
        "requirements-ldap.txt."
    )
    status = 503


class DirectoryAway(DirectoryFailed):
    message = _("The agency's directory does not answer. Nothing was changed; try again later.")
    status = 503


class NotSecure(DirectoryFailed):
    message = _(
        "The connection to the agency's directory could not be made secure: its certificate is "
        "not valid for this name, or it speaks no TLS."
    )


class NotLoopback(DirectoryFailed):
    message = _("Without TLS only a directory on this very machine is spoken to.")


class LoginRefused(DirectoryFailed):
    message = _("The directory refuses the name or the password with which the portal signs in.")


class BaseMissing(DirectoryFailed):
    message = _("The directory does not know the place to search from, or does not show it.")


class FilterBroken(DirectoryFailed):
    message = _("The filter is not one of LDAP's. Look at its brackets.")


class SentElsewhere(DirectoryFailed):
    """A referral as the answer (RFC 4511, 4.1.10); it is never followed."""

    message = _("The directory sends the portal on to another one, and it goes nowhere else.")


class TooMuch(DirectoryFailed):
    message = _("The directory holds more than the portal reads at once, or refuses to give all.")
