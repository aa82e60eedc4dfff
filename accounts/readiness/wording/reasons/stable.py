"""What is said of the rules under "stable"."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.readiness.wording.said import Said

REASONS: dict[str, Said] = {
    # ST-1
    "ns_agree": Said(
        "%(servers)s · serial %(serial)s", _("The domain's name servers answer, and agree.")
    ),
    "ns_too_few": Said(
        "%(servers)s / %(listed)s",
        _(
            "Fewer than two name servers of the domain answer for it. If that one stops, mail and "
            "web site cannot be found."
        ),
    ),
    "ns_serials_differ": Said(
        "%(servers)s",
        _(
            "The name servers give different versions of the domain, so some people get old "
            "answers. If it was changed within the last hour, test again after an hour."
        ),
    ),
    "domain_missing": Said(
        "%(of)s · NXDOMAIN", _("The domain %(of)s does not exist in DNS, or its name is misspelt.")
    ),
    # ST-2
    "mx_greets": Said("%(of)s · 220", _("Every mail server answers.")),
    "mx_missing": Said(
        "MX –", _("The domain does not say which server receives its mail, so letters may be lost.")
    ),
    "mx_null": Said(
        "MX 0 .",
        _("The domain says that it takes no mail at all, but it is entered here as one for mail."),
    ),
    "mx_null_beside": Said(
        "MX 0 .",
        _("Beside its mail servers the domain says that it takes no mail: senders may give up."),
    ),
    "mx_is_address": Said(
        "MX %(of)s", _("An address stands where the name of a mail server must stand.")
    ),
    "mx_is_alias": Said(
        "%(of)s CNAME %(target)s",
        _("%(of)s is only another name for %(target)s. Some senders do not deliver to such names."),
    ),
    "mx_without_address": Said("%(of)s", _("%(of)s has no address, so no letter reaches it.")),
    "mx_private": Said(
        "%(of)s → %(address)s",
        _("%(of)s leads to an address that cannot be reached from the Internet."),
    ),
    "mx_silent": Said(
        "%(of)s · %(address)s · %(error)s",
        _("%(of)s does not answer senders within %(seconds)s seconds."),
    ),
    "mx_slow": Said(
        "%(of)s · %(took)s s",
        _("%(of)s lets senders wait for more than %(seconds)s seconds; some give up before."),
    ),
    "mx_closed": Said(
        "%(of)s · %(address)s · %(error)s", _("%(of)s does not let senders in (port 25).")
    ),
    "mx_turns_away": Said(
        "%(of)s · %(code)s %(banner)s", _("%(of)s answers, but turns senders away.")
    ),
    # ST-3
    "up_enough": Said(
        _("%(of)s %(percent)s %% · %(probes)s probes"),
        _("The services have answered well through the last %(days)s days."),
    ),
    "up_too_little": Said(
        _("%(of)s %(percent)s %% · %(down)s of %(probes)s probes without an answer"),
        _(
            "In the last %(days)s days the service answered %(percent)s %% of the time; "
            "%(wanted)s %% are needed."
        ),
    ),
    # ST-4
    "certificate_lasts": Said(
        _("%(of)s · %(days)s days, until %(until)s"), _("The certificates have time left.")
    ),
    "certificate_ends": Said(
        _("%(of)s · %(days)s days, until %(until)s"),
        _("The certificate of %(of)s runs out in %(days)s days. Plan its renewal."),
    ),
    "certificate_ends_soon": Said(
        _("%(of)s · %(days)s days, until %(until)s"),
        _("The certificate of %(of)s runs out in %(days)s days. Renew it now."),
    ),
    "certificate_expired": Said(
        _("%(of)s · expired on %(until)s"),
        _("The certificate of %(of)s has run out: visitors and senders are warned or turned away."),
    ),
    # ST-5
    "spread": Said("%(kind)s · %(networks)s", _("The servers stand in more than one network.")),
    "not_spread": Said(
        "%(networks)s",
        _("All servers stand in one network. One cut line takes away mail or the whole domain."),
    ),
}
