"""Cures of the rules under "stable"."""

from __future__ import annotations

from dataclasses import replace

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
    plain,
    public_address,
    record,
    said,
    saying,
    your_server,
)


def _second_name_server(facts: Facts, name: str) -> PasteLine:
    there = [f"{plain(each)}." for each in texts(facts.get("listed"))]
    wanted = there if len(there) > 1 else [*there, f"ns2.{name}."]
    return record("NS", name, " ".join(wanted))


def _compare(facts: Facts, name: str) -> PasteLine:
    names = [plain(each).split(" ")[0] for each in texts(facts.get("servers"))]
    commands = "\n".join(f"dig +short {name} SOA @{each}" for each in dict.fromkeys(names))
    return PasteLine("check", _("looks only; the numbers must be the same"), commands)


def _look_up(facts: Facts, name: str) -> PasteLine:
    return PasteLine("check", _("looks only"), f"dig {host_of(facts, name)} SOA")


def _mail_server(facts: Facts, name: str) -> PasteLine:
    return record("MX", name, f"10 {your_server(name)}")


def _second_mail_server(facts: Facts, name: str) -> PasteLine:
    return record("MX", name, f"20 mx2.{name}.")


def _real_name(facts: Facts, name: str) -> PasteLine:
    return record("MX", name, f"10 {plain(said(facts, 'target')) or f'mail.{name}'}.")


def _address_of_server(facts: Facts, name: str) -> PasteLine:
    return record("A", host_of(facts, name), public_address())


def _named_server(facts: Facts, name: str) -> PasteLine:
    return record("A", f"mail.{name}", host_of(facts, name))


def _null(facts: Facts, name: str) -> PasteLine:
    found = record("MX", name, "0 .")
    return replace(found, where=_("take this record out: MX · %(name)s") % {"name": name})


def _firewall(facts: Facts, name: str) -> PasteLine:
    command = f"openssl s_client -starttls smtp -connect {host_of(facts, name)}:25"
    return PasteLine("check", _("looks only; from outside the agency"), command)


def _quick_greeting(facts: Facts, name: str) -> PasteLine:
    return PasteLine("postfix", _("Postfix, /etc/postfix/main.cf"), "postscreen_greet_wait = 2s")


def _ends(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Renew the certificate, and see to it that this happens by itself from now on. Whoever "
        "bought it elsewhere orders a new one there and installs it."
    )
    return Cure(sentence, (servers.renewal(facts, name),))


CURES: dict[str, Make] = {
    "ns_too_few": saying(
        gettext_lazy(
            "Ask whoever keeps your DNS for at least two name servers that answer, in different "
            "places, and enter both at the registry of the domain."
        ),
        _second_name_server,
    ),
    "ns_serials_differ": saying(
        gettext_lazy(
            "Ask whoever keeps your DNS why one name server does not take over the changes of the "
            "other, and compare them with these commands."
        ),
        _compare,
    ),
    "domain_missing": saying(
        gettext_lazy(
            "Check the spelling of the domain. If it is right, ask the registry (THNIC for .th) "
            "why it is not there."
        ),
    ),
    "dns_lost": saying(
        gettext_lazy(
            "Show this to whoever keeps the DNS of this name: its name servers do not answer, or "
            "answer with an error."
        ),
        _look_up,
    ),
    "mx_missing": saying(
        gettext_lazy(
            "Enter which server receives the domain's mail; put its real name in place of this one."
        ),
        _mail_server,
    ),
    "mx_null": saying(
        gettext_lazy(
            "If the domain is for mail, take the record “0 .” out and enter the server that "
            "receives its mail. If it is not, change here what the domain is used for."
        ),
        _null,
        _mail_server,
    ),
    "mx_null_beside": saying(
        gettext_lazy("Take the record “0 .” out; the other mail servers stay."), _null
    ),
    "mx_is_address": saying(
        gettext_lazy("Give the server a name, and enter this name as the mail server."),
        _named_server,
        _mail_server,
    ),
    "mx_is_alias": saying(
        gettext_lazy("Enter the server under its own name instead of the other one."), _real_name
    ),
    "mx_without_address": saying(
        gettext_lazy(
            "Enter the address of this server, or take the server out of the domain's MX records "
            "if it is no longer there."
        ),
        _address_of_server,
    ),
    "mx_private": saying(
        gettext_lazy("Enter the address that the server has on the Internet, not the inner one."),
        _address_of_server,
    ),
    "mx_silent": saying(
        gettext_lazy(
            "Ask whoever keeps the server and the firewall to let connections to port 25 in from "
            "everywhere. If the server is gone, take it out of the domain's MX records."
        ),
        _firewall,
    ),
    "mx_closed": saying(
        gettext_lazy(
            "Ask whoever keeps the server to have the mail service listen on port 25, also from "
            "outside. If the server is gone, take it out of the domain's MX records."
        ),
        servers.postfix_port,
        _firewall,
    ),
    "mx_slow": saying(
        gettext_lazy("Have the server greet senders sooner."), _quick_greeting, _firewall
    ),
    "mx_turns_away": saying(
        gettext_lazy(
            "Show the answer above to whoever keeps the server: it names the reason. A full disk, "
            "or a list that blocks unknown senders, are frequent."
        ),
        _firewall,
    ),
    "up_too_little": saying(
        gettext_lazy(
            "Show whoever keeps the servers when they did not answer, find the cause, and let the "
            "window of two weeks fill again."
        ),
    ),
    "window_short": saying(
        gettext_lazy("There is nothing to do: we go on probing every hour until it is full."),
    ),
    "certificate_ends": _ends,
    "certificate_ends_soon": _ends,
    "certificate_expired": _ends,
    "not_spread": saying(
        gettext_lazy(
            "Set up a second mail server, or a second name server, in another place with another "
            "line; a provider or another agency may host it. Then enter it."
        ),
        _second_mail_server,
    ),
}
