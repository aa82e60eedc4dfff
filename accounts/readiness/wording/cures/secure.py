"""Cures of the rules under "secure", but for those of mail between servers (`transport`)."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readiness.checks.case import texts
from accounts.readiness.wording.cures import servers
from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    PasteLine,
    host_of,
    public_address,
    record,
    said,
    saying,
)

_NEW_CERTIFICATE = gettext_lazy(
    "Order a certificate for this name from an authority that browsers trust (some give them "
    "free of charge), and install it together with its chain."
)
_TO_HTTPS = gettext_lazy(
    "Have port 80 send every visitor to HTTPS on the same name at once, and only from there "
    "elsewhere. Take the line for your web server."
)
_KEEP = gettext_lazy(
    "Once all pages work over HTTPS, have the web server send this line. Browsers remember it for "
    "a year, so the certificate must not run out."
)


def _old_versions(facts: Facts, name: str) -> Cure:
    if said(facts, "kind") == "smtp":
        sentence = _(
            "Switch the old versions off on the mail server. First look in its log whether "
            "senders you need still use them: without encryption would be worse."
        )
        return Cure(sentence, (servers.postfix_versions(facts, name),))
    sentence = _("Switch the old versions off. Take the line for your web server.")
    makers = (servers.nginx_versions, servers.apache_versions, servers.iis_versions)
    return Cure(sentence, tuple(make(facts, name) for make in makers))


def _untrusted(facts: Facts, name: str) -> Cure:
    if said(facts, "error") == "unknown_issuer":
        sentence = _(
            "Most often the intermediate certificate is missing: have the web server send the "
            "whole chain. If that does not help, order a certificate from an authority that "
            "browsers trust."
        )
        makers = (servers.chain_nginx, servers.new_certificate)
        return Cure(sentence, tuple(make(facts, name) for make in makers))
    return Cure(str(_NEW_CERTIFICATE), (servers.new_certificate(facts, name),))


def _web_address(facts: Facts, name: str) -> PasteLine:
    return record("A", host_of(facts, name), public_address())


def _extras(facts: Facts, name: str) -> Cure:
    missing = texts(facts.get("missing"))
    lines = [servers.nginx_headers(missing)]
    if "caa" in missing:
        authority = _("<domain of your authority>")
        lines.append(record("CAA", name, f'0 issue "{authority}"'))
    if "ipv6" in missing:
        lines.append(record("AAAA", f"www.{name}", _("<IPv6 address of the server>")))
    sentence = _(
        "None of this is asked for. Try a Content-Security-Policy on a test site first: it may "
        "stop scripts that the pages need."
    )
    return Cure(sentence, tuple(each for each in lines if each is not None))


def _login(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Have the server take passwords only after encryption has begun. Programs of officials "
        "that are still set to “no encryption” must be changed first."
    )
    is_sending = said(facts, "kind") == "submission"
    make = servers.postfix_auth if is_sending else servers.dovecot_auth
    return Cure(sentence, (make(facts, name),))


def _password_page(facts: Facts, name: str) -> Cure:
    page = {"of": [host_of(facts, name).split("//")[-1].split("/")[0]]}
    sentence = _("Have the page open over HTTPS alone, and its form send to HTTPS alone.")
    makers = (servers.nginx_https, servers.apache_https, servers.iis_https)
    return Cure(sentence, tuple(make(page, name) for make in makers))


def _signing(facts: Facts, name: str) -> PasteLine:
    line = f'zone "{name}" {{ dnssec-policy default; inline-signing yes; }};'
    return PasteLine("bind", _("BIND, named.conf; other name servers have a switch for it"), line)


def _verify(facts: Facts, name: str) -> PasteLine:
    return PasteLine("check", _("looks only; shows which signature is wrong"), f"delv {name} SOA")


def _redirect() -> Make:
    return saying(_TO_HTTPS, servers.nginx_https, servers.apache_https, servers.iis_https)


def _certificate() -> Make:
    return saying(_NEW_CERTIFICATE, servers.new_certificate)


def _strict() -> Make:
    return saying(_KEEP, servers.nginx_hsts, servers.apache_hsts, servers.iis_hsts)


CURES: dict[str, Make] = {
    "starttls_missing": saying(
        gettext_lazy("Give the mail server a certificate, and switch encryption (STARTTLS) on."),
        servers.postfix_tls,
        servers.new_certificate,
    ),
    "starttls_fails": saying(
        gettext_lazy(
            "Encryption is offered, but its settings are wrong; most often the certificate or its "
            "key is missing. These are the lines for Postfix."
        ),
        servers.postfix_tls,
    ),
    "starttls_old": saying(
        gettext_lazy("Bring the mail server up to date, so that it speaks TLS 1.2 and 1.3."),
        servers.postfix_versions,
    ),
    "starttls_injected": saying(
        gettext_lazy(
            "The mail server has a known weakness (CVE-2011-0411). Bring it up to date; until "
            "then switch off whatever stands between it and the Internet and inspects mail."
        ),
    ),
    "mx_unreachable": saying(
        gettext_lazy("See rule ST-2: first of all the mail server must answer."),
    ),
    "old_tls_spoken": _old_versions,
    "certificate_unreadable": _certificate(),
    "certificate_not_yet": saying(
        gettext_lazy(
            "Put the former certificate back until then, or order one that is valid now. Check "
            "the clock of the server, too."
        ),
        servers.new_certificate,
    ),
    "certificate_of_another": _certificate(),
    "certificate_untrusted": _untrusted,
    "certificate_weak_key": _certificate(),
    "certificate_weak_hash": _certificate(),
    "certificate_not_seen": _certificate(),
    "https_missing": saying(
        gettext_lazy(
            "Have the web server answer over HTTPS (port 443). It needs a certificate for this "
            "name, and the firewall must let visitors in."
        ),
        servers.new_certificate,
        servers.chain_nginx,
    ),
    "http_stays": _redirect(),
    "http_to_http": _redirect(),
    "http_elsewhere": _redirect(),
    "http_odd": _redirect(),
    "https_left": saying(
        gettext_lazy("Find the redirect that leads back to http:// and make it https://."),
        servers.nginx_https,
    ),
    "web_private": saying(
        gettext_lazy("Enter the address that the server has on the Internet, not the inner one."),
        _web_address,
    ),
    "web_missing": saying(
        gettext_lazy(
            "Enter the names of the agency's web servers here, and their addresses in DNS. If "
            "there is no web site, change here what the domain is used for."
        ),
        _web_address,
    ),
    "hsts_missing": _strict(),
    "hsts_malformed": _strict(),
    "hsts_too_short": _strict(),
    "hsts_short": _strict(),
    "dnssec_unsigned": saying(
        gettext_lazy(
            "Ask whoever keeps the DNS of this name to sign it, and then hand the DS record to "
            "the registry of the domain (THNIC for .th). Names of another operator are signed "
            "by that operator."
        ),
        _signing,
    ),
    "dnssec_bogus": saying(
        gettext_lazy(
            "This is urgent. Call whoever keeps the DNS: the signatures have run out, or the DS "
            "record at the registry is of an old key. If it cannot be mended today, have the "
            "registry take the DS record out: unsigned is better than wrongly signed."
        ),
        _verify,
    ),
    "extras_some": _extras,
    "extras_none": _extras,
    "logins_undeclared": saying(
        gettext_lazy(
            "Enter where officials sign in to mail today, such as the IMAP server with its port, "
            "and the address of the webmail page."
        ),
    ),
    "login_in_clear": _login,
    "password_in_clear": _password_page,
}
