"""What is said of the rules under "trustworthy"."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.readiness.wording.said import Said

_SPF = _("%(record)s · %(lookups)s of 10 lookups, %(void)s without result")

REASONS: dict[str, Said] = {
    # TR-1
    "spf_good": Said(_SPF, _("The domain names its senders, and no others pass.")),
    "spf_missing": Said(
        "TXT v=spf1 –", _("The domain does not say who may send in its name, so anybody seems to.")
    ),
    "spf_several": Said(
        "%(records)s", _("There are %(count)s SPF records. Only one may be there, so none counts.")
    ),
    "spf_too_long": Said("%(record)s", _("The SPF record is so long that receivers refuse it.")),
    "spf_malformed": Said(
        "%(record)s",
        _("The SPF record is misspelt (%(word)s: %(term)s), so it does not count."),
    ),
    "spf_passes_all": Said(
        _SPF, _("The SPF record lets everybody in the world send in the agency's name.")
    ),
    "spf_include_passes_all": Said(
        "%(record)s · %(name)s",
        _("The SPF record takes in that of %(name)s, which lets everybody in the world send."),
    ),
    "spf_neutral": Said(
        _SPF, _("The SPF record ends in ?all: anybody can send in the agency's name.")
    ),
    "spf_open": Said(
        _SPF, _("The SPF record has no end (-all): it does not say that others may not send.")
    ),
    "spf_too_many_lookups": Said(
        _SPF,
        _("Checking the SPF record takes more than %(most)s lookups, so receivers give up."),
    ),
    "spf_too_many_void": Said(
        _SPF, _("The SPF record names places that do not exist, so receivers give up.")
    ),
    "spf_loop": Said("%(record)s · %(name)s", _("The SPF record leads back to itself (%(name)s).")),
    "spf_many_mx": Said(
        "%(record)s · %(name)s",
        _("The SPF record counts on the mail servers of %(name)s, which are more than ten."),
    ),
    "spf_include_none": Said(
        "%(record)s · %(name)s",
        _("The SPF record takes in that of %(name)s, which has none, so it does not count."),
    ),
    "spf_include_many": Said(
        "%(record)s · %(name)s",
        _("The SPF record takes in that of %(name)s, which has several, so it does not count."),
    ),
    "spf_include_malformed": Said(
        "%(record)s · %(name)s",
        _("The SPF record takes in a misspelt one (%(name)s), so it does not count."),
    ),
    "spf_lost": Said(
        "%(record)s · %(name)s",
        _("The SPF record leads to %(name)s, whose name servers do not answer."),
    ),
    # TR-2, TR-3
    "dmarc_enforced": Said("%(record)s", _("Receivers stop letters forged in the agency's name.")),
    "dmarc_missing": Said(
        "_dmarc TXT –", _("The domain does not say what to do with forged letters, so they arrive.")
    ),
    "dmarc_several": Said(
        "%(records)s", _("There are several DMARC records. Only one may be there, so none counts.")
    ),
    "dmarc_malformed": Said(
        "%(record)s", _("The DMARC record is misspelt (%(why)s), so it does not count.")
    ),
    "dmarc_none": Said(
        "%(record)s", _("The DMARC record only watches: forged letters still arrive (p=none).")
    ),
    "dmarc_testing": Said(
        "%(record)s", _("The DMARC record says that it is only a test (t=y), so it stops nothing.")
    ),
    "dmarc_no_reports": Said(
        "%(record)s",
        _("The DMARC record names nobody who gets reports, so forgeries stay unnoticed."),
    ),
    "dmarc_rua_bad": Said(
        "%(record)s · %(odd)s", _("Nobody can send reports to the address in the DMARC record.")
    ),
    "dmarc_unauthorised": Said(
        "%(record)s · %(host)s",
        _("Reports go to %(host)s, which has not said that it takes them, so none are sent."),
    ),
    "dmarc_rejects": Said("%(record)s", _("Letters forged in the agency's name are rejected.")),
    "dmarc_not_reject": Said(
        "%(record)s", _("Forged letters still arrive, if only among the spam (p=%(policy)s).")
    ),
    "dmarc_subdomains": Said(
        "%(record)s",
        _("The domain itself is protected; names below it are less so (%(subdomains)s)."),
    ),
    # TR-4
    "dkim_good": Said(
        "%(of)s · %(key)s %(bits)s", _("The keys stand in DNS, and a signed letter has arrived.")
    ),
    "letter_verified": Said(
        "d=%(domains)s", _("The keys stand in DNS, and a signed letter has arrived.")
    ),
    "dkim_missing": Said("%(name)s TXT –", _("There is no key under the selector %(of)s.")),
    "dkim_several": Said(
        "%(name)s", _("There are several keys under the selector %(of)s, so none counts.")
    ),
    "dkim_unusable": Said(
        "%(name)s · %(why)s", _("The key under the selector %(of)s cannot be used: %(why)s.")
    ),
    "dkim_revoked": Said("%(name)s p=", _("The key under the selector %(of)s has been withdrawn.")),
    "dkim_testing": Said(
        "%(name)s t=y",
        _("The key under the selector %(of)s says that it is only a test, so it proves nothing."),
    ),
    "dkim_weak": Said(
        "%(name)s · %(bits)s",
        _("The key under the selector %(of)s is so short (%(bits)s bits) that it can be forged."),
    ),
    "dkim_short": Said(
        "%(name)s · %(bits)s",
        _("The key under the selector %(of)s has %(bits)s bits; plan one of %(wanted)s."),
    ),
    "letter_of_another": Said(
        "%(sender)s", _("The test letter came from %(sender)s, not from the domain under test.")
    ),
    "letter_unsigned": Said("DKIM-Signature –", _("The test letter came without a signature.")),
    "letter_not_verified": Said(
        "d=%(domains)s", _("The signature of the test letter is wrong, so receivers doubt it.")
    ),
    "letter_not_aligned": Said(
        "d=%(domains)s",
        _("The test letter is signed in another name (%(domains)s), so it proves nothing of you."),
    ),
    # TR-5
    "domain_of_state": Said("go.th, mi.th", _("The domain is the state's.")),
    "domain_excepted": Said(
        "%(letter)s", _("A letter allows the domain, though it is not under go.th or mi.th.")
    ),
    "domain_outside": Said(
        "%(suffixes)s –",
        _("The domain is not under %(suffixes)s, and no letter that allows it is entered."),
    ),
    "control_seen": Said("_govmail-challenge TXT", _("The agency controls the domain.")),
    "control_proven": Said("_govmail-challenge TXT · %(at)s", _("The agency controls the domain.")),
    "control_not_shown": Said(
        "%(name)s TXT –", _("The agency has not shown yet that it controls the domain.")
    ),
    "control_old": Said(
        "%(name)s TXT · %(at)s",
        _("That the agency controls the domain was last shown more than %(months)s months ago."),
    ),
    # TR-6
    "saraban_answers": Said("%(of)s · %(at)s", _("The saraban mailbox receives and answers.")),
    "saraban_refused": Said(
        "%(of)s · %(code)s %(reply)s",
        _("The agency's server refused our letter to %(of)s: perhaps the mailbox does not exist."),
    ),
    "saraban_silent": Said(
        "%(of)s · %(until)s", _("%(of)s has not answered our letter within a working day.")
    ),
    "saraban_late": Said("%(of)s · %(at)s", _("%(of)s answered, but later than a working day.")),
    "saraban_elsewhere": Said(
        "%(of)s ← %(sender)s",
        _("The answer came from %(sender)s, not from the domain of the mailbox."),
    ),
    # TR-7, TR-8
    "security_txt_good": Said("%(url)s", _("Whoever finds a weakness can read whom to tell.")),
    "contact_published": Said("%(contact)s", _("Whoever finds a weakness can read whom to tell.")),
    "security_txt_missing": Said(
        "%(url)s · %(status)s", _("The web site does not say where incidents can be reported.")
    ),
    "security_txt_expired": Said(
        "%(url)s · Expires", _("The file with the contact for incidents has passed its day.")
    ),
    "security_txt_wrong": Said(
        "%(url)s · %(wrong)s",
        _("The file with the contact for incidents is not in order: %(wrong)s."),
    ),
    "forwarding_denied": Said(
        "%(at)s", _("An officer has stated that no mailbox forwards outside by itself.")
    ),
    "forwarding_unsaid": Said(
        "", _("No officer has stated yet that no mailbox forwards outside by itself.")
    ),
    "forwarding_said_long_ago": Said(
        "%(at)s",
        _("The statement that no mailbox forwards outside is older than %(months)s months."),
    ),
    # TR-9
    "parked_mx": Said("MX 0 .", _("The domain says that it is not in use.")),
    "parked_spf": Said("v=spf1 -all", _("The domain says that it is not in use.")),
    "parked_sealed": Said("%(record)s", _("The domain says that it is not in use.")),
    "parked_mx_open": Said(
        "MX %(hosts)s", _("The domain is not in use, but does not say that it takes no mail.")
    ),
    "parked_spf_open": Said(
        "%(records)s", _("The domain is not in use, but does not forbid to send in its name.")
    ),
    "parked_dmarc_open": Said(
        "%(record)s",
        _("The domain is not in use, but receivers are not told to reject letters in its name."),
    ),
}
