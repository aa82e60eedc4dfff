"""What is said of the rules under "secure"."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.readiness.wording.said import Said

REASONS: dict[str, Said] = {
    # SE-1
    "starttls_works": Said(
        "STARTTLS · %(of)s · %(version)s", _("Letters reach every mail server encrypted.")
    ),
    "starttls_missing": Said(
        "%(of)s · STARTTLS –",
        _("%(of)s takes letters only unencrypted: anybody on the way can read them."),
    ),
    "starttls_fails": Said(
        "%(of)s · STARTTLS · %(error)s",
        _("%(of)s offers encryption, but it does not come about, so letters travel in clear."),
    ),
    "starttls_old": Said(
        "%(of)s · %(version)s",
        _("%(of)s encrypts only in an old way (%(version)s) that can be broken."),
    ),
    "starttls_injected": Said(
        "%(of)s · STARTTLS injection",
        _("%(of)s obeys commands that an attacker slips in before encryption begins."),
    ),
    "mx_unreachable": Said(
        "%(of)s · %(error)s", _("%(of)s could not be reached, so nobody can send to it encrypted.")
    ),
    # SE-2
    "old_tls_refused": Said("%(of)s · TLS 1.0, 1.1 –", _("Old encryption is switched off.")),
    "old_tls_spoken": Said(
        "%(of)s · %(versions)s", _("%(of)s still takes old encryption that can be broken.")
    ),
    # SE-3
    "certificate_good": Said(
        "%(of)s · %(key)s %(bits)s · %(hash)s", _("The certificates are trusted and strong.")
    ),
    "certificate_good_enough": Said(
        "%(of)s · %(key)s %(bits)s · %(hash)s",
        _(
            "The certificates are trusted. A key of 3072 bits or an elliptic one would be better "
            "the next time."
        ),
    ),
    "certificate_unreadable": Said("%(of)s", _("The certificate of %(of)s cannot be read.")),
    "certificate_not_yet": Said(
        "%(of)s · %(since)s", _("The certificate of %(of)s is valid only from %(since)s on.")
    ),
    "certificate_of_another": Said(
        "%(of)s", _("The certificate that %(of)s shows is for another name.")
    ),
    "certificate_untrusted": Said(
        "%(of)s · %(error)s",
        _("Browsers do not trust the certificate of %(of)s: %(error)s."),
    ),
    "certificate_weak_key": Said(
        "%(of)s · %(key)s %(bits)s", _("The key in the certificate of %(of)s is too weak.")
    ),
    "certificate_weak_hash": Said(
        "%(of)s · %(hash)s",
        _("The certificate of %(of)s is signed in an outdated way (%(hash)s)."),
    ),
    # SE-4
    "http_redirects": Said(
        "%(of)s → %(to)s", _("Whoever comes to the web site is led to the encrypted one at once.")
    ),
    "http_closed": Said("%(of)s · 80 –", _("The web site answers over HTTPS alone.")),
    "https_missing": Said(
        "https://%(of)s/ · %(error)s", _("%(of)s cannot be reached encrypted (HTTPS).")
    ),
    "http_stays": Said(
        "http://%(of)s/ · %(status)s",
        _("%(of)s shows its pages unencrypted instead of leading on to HTTPS."),
    ),
    "http_to_http": Said(
        "http://%(of)s/ → %(to)s", _("%(of)s leads on to another unencrypted address first.")
    ),
    "http_elsewhere": Said(
        "http://%(of)s/ → %(to)s",
        _("%(of)s leads to another host at once; it must go to HTTPS on its own name first."),
    ),
    "http_odd": Said(
        "http://%(of)s/ · %(error)s",
        _("On port 80 %(of)s gives an answer that no browser understands."),
    ),
    "https_left": Said(
        "%(of)s → %(to)s", _("%(of)s leads from HTTPS back to an unencrypted page.")
    ),
    "web_private": Said("%(of)s · %(kind)s", _("%(of)s leads to an address that is not public.")),
    "web_missing": Said("A, AAAA –", _("None of the web servers named here has an address.")),
    # SE-5
    "hsts_long": Said("%(of)s · %(header)s", _("Browsers are told to keep to encryption.")),
    "hsts_short": Said(
        "%(of)s · %(header)s",
        _("Browsers keep to encryption, but for less than a year."),
    ),
    "hsts_too_short": Said(
        "%(of)s · %(header)s", _("Browsers forget too soon to keep to encryption.")
    ),
    "hsts_missing": Said(
        "%(of)s · Strict-Transport-Security –",
        _("%(of)s does not tell browsers to come encrypted always."),
    ),
    "hsts_malformed": Said(
        "%(of)s · %(header)s",
        _("%(of)s tells browsers to keep to encryption in words they do not understand."),
    ),
    # SE-6
    "sts_enforced": Said(
        "MTA-STS · mode: %(mode)s · max_age: %(seconds)s",
        _("Other mail servers must encrypt when they send to the domain (MTA-STS)."),
    ),
    "dane_matches": Said(
        "DANE · TLSA", _("Other mail servers must encrypt when they send to the domain (DANE).")
    ),
    "sts_missing": Said(
        "_mta-sts TXT –",
        _("Nothing obliges other mail servers to encrypt: neither MTA-STS nor DANE is set up."),
    ),
    "sts_several": Said("%(records)s", _("There are several MTA-STS records, so none counts.")),
    "sts_record_malformed": Said(
        "%(record)s", _("The MTA-STS record is misspelt (%(why)s), so it does not count.")
    ),
    "sts_untrusted": Said(
        "%(url)s · %(error)s", _("The server with the MTA-STS policy has no trusted certificate.")
    ),
    "sts_unreachable": Said(
        "%(url)s · %(error)s", _("The MTA-STS policy file cannot be reached over HTTPS.")
    ),
    "sts_not_there": Said(
        "%(url)s · %(status)s",
        _("The MTA-STS policy file is not at its place, or the server leads elsewhere."),
    ),
    "sts_wrong_kind": Said(
        "%(url)s · %(kind)s", _("The MTA-STS policy file is not served as plain text (text/plain).")
    ),
    "sts_policy_malformed": Said(
        "%(url)s · %(why)s", _("The MTA-STS policy file is misspelt, so it does not count.")
    ),
    "sts_leaves_out": Said(
        "%(missing)s", _("The MTA-STS policy does not name these mail servers: %(missing)s.")
    ),
    "sts_not_enforced": Said(
        "mode: %(mode)s", _("MTA-STS is set up, but does not oblige anybody yet (%(mode)s).")
    ),
    "sts_short": Said(
        "max_age: %(seconds)s", _("Other servers forget the MTA-STS policy after less than a week.")
    ),
    "dane_unsigned": Said("TLSA", _("DANE needs a signed domain, and this one is not.")),
    "dane_missing": Said("_25._tcp.%(of)s TLSA –", _("%(of)s has no DANE record.")),
    "dane_mismatch": Said(
        "_25._tcp.%(of)s TLSA", _("The DANE record of %(of)s does not fit its certificate.")
    ),
    # SE-7
    "tlsrpt_good": Said("%(record)s", _("Other mail services know where to report failures.")),
    "tlsrpt_missing": Said(
        "_smtp._tls TXT –", _("Other mail services do not know where to report failed encryption.")
    ),
    "tlsrpt_several": Said("%(records)s", _("There are several TLS-RPT records, so none counts.")),
    "tlsrpt_malformed": Said(
        "%(record)s", _("The TLS-RPT record is misspelt (%(why)s), so it does not count.")
    ),
    # SE-8
    "dnssec_signed": Said("DNSSEC · %(of)s", _("The domain and its mail servers are signed.")),
    "dnssec_unsigned": Said(
        "%(of)s", _("%(of)s is not signed: others can give false answers in its name.")
    ),
    "dnssec_bogus": Said(
        "%(of)s · SERVFAIL",
        _(
            "The signatures of %(of)s are wrong. Whoever checks them, and that is most of the "
            "Internet, can neither write to the domain nor see its web site."
        ),
    ),
    # SE-9
    "extras_all": Said("✓", _("All further protection is there.")),
    "extras_some": Said("– %(missing)s", _("Some further protection is missing: %(missing)s.")),
    "extras_none": Said("– %(missing)s", _("No further protection is there yet.")),
    # SE-10
    "login_encrypted": Said("%(of)s", _("Nobody can sign in to mail in clear.")),
    "login_closed": Said("%(of)s", _("Nobody can sign in to mail in clear.")),
    "login_in_clear": Said(
        "%(of)s · %(offered)s",
        _("%(of)s takes passwords before encryption begins: anybody on the way can read them."),
    ),
    "password_in_clear": Said(
        "%(of)s", _("The page %(of)s takes passwords, or sends them, without encryption.")
    ),
}
