"""The names of the rules, and why each matters, for somebody who knows no DNS."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Promise] = {
    "ST-1": _("Two name servers answer alike"),
    "ST-2": _("Every mail server answers"),
    "ST-3": _("Services answer 99 times of 100"),
    "ST-4": _("Certificates have time left"),
    "ST-5": _("Servers stand in two networks"),
    "SE-1": _("Mail travels encrypted"),
    "SE-2": _("Old encryption is switched off"),
    "SE-3": _("The web site's certificate is sound"),
    "SE-4": _("The web site is always encrypted"),
    "SE-5": _("Browsers keep to encryption (HSTS)"),
    "SE-6": _("Encryption of mail is binding (MTA-STS or DANE)"),
    "SE-7": _("Reports of failed encryption (TLS-RPT)"),
    "SE-8": _("The domain is signed (DNSSEC)"),
    "SE-9": _("Further protection of the web site"),
    "SE-10": _("Passwords never travel in clear"),
    "TR-1": _("Permitted senders are named (SPF)"),
    "TR-2": _("Forged mail is stopped (DMARC)"),
    "TR-3": _("Forged mail is rejected everywhere"),
    "TR-4": _("Letters are signed (DKIM)"),
    "TR-5": _("The domain belongs to the agency"),
    "TR-6": _("The saraban mailbox answers"),
    "TR-7": _("Incidents can be reported"),
    "TR-8": _("Mail does not leave by itself"),
    "TR-9": _("A domain not in use is closed"),
}

GISTS: dict[str, Promise] = {
    "ST-1": _("If the only name server stops, nobody finds the agency: no mail, no web site."),
    "ST-2": _("A letter is lost or late when a server that should receive it does not answer."),
    "ST-3": _("A service that is often away cannot carry official correspondence."),
    "ST-4": _("When a certificate runs out, browsers and mail servers turn people away."),
    "ST-5": _("One cut line must not take away every server at once."),
    "SE-1": _("Without encryption anybody on the way can read and change letters."),
    "SE-2": _("Encryption from before 2008 can be broken, so it protects nobody."),
    "SE-3": _("The certificate proves to visitors that this is the agency's real web site."),
    "SE-4": _("Whoever comes without encryption can be led to a forged page."),
    "SE-5": _("Browsers that know the rule never try the unprotected way again."),
    "SE-6": _("Without it an attacker can switch the encryption of mail off unnoticed."),
    "SE-7": _("The agency hears from other mail services when encryption fails."),
    "SE-8": _("Signatures keep others from giving false answers in the domain's name."),
    "SE-9": _("Small settings that make common attacks on visitors fail."),
    "SE-10": _("A password sent in clear can be read by anybody on the same network."),
    "TR-1": _("Receivers learn which servers may send in the agency's name, and refuse others."),
    "TR-2": _("Receivers are told what to do with letters that only pretend to be the agency's."),
    "TR-3": _("Forged letters, also from names below the domain, do not reach anybody."),
    "TR-4": _("A signature shows that a letter is the agency's and was not changed on the way."),
    "TR-5": _("Only whoever controls the domain may bring it through the gate."),
    "TR-6": _("Other agencies send official letters there; somebody must receive them."),
    "TR-7": _("Whoever finds a weakness must know whom to tell, before others use it."),
    "TR-8": _("Official letters must not be copied to private mail outside the state."),
    "TR-9": _("An unused name is a favourite of forgers as long as it says nothing."),
}
