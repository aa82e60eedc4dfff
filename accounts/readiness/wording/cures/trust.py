"""Cures of TR-4 to TR-8: keys, the proof of control, the saraban mailbox, contacts."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    PasteLine,
    host_of,
    record,
    said,
    saying,
)

_NEW_KEY = gettext_lazy(
    "Make a new key under a new selector, enter the record that the command prints, have the "
    "server sign with it, and enter the selector here. Leave the old key in DNS for a week."
)
_SIGN = gettext_lazy(
    "Switch signing (DKIM) on where letters leave the agency, with the domain's own name as d=, "
    "and send the test letter again. Services that send for you have a setting for it."
)


def _generate(facts: Facts, name: str) -> PasteLine:
    selector = f"s{timezone.localdate():%Y%m}"
    command = f"rspamadm dkim_keygen -s {selector} -d {name} -b 2048"
    return PasteLine("shell", _("on the mail server, with rspamd"), command)


def _same_key(facts: Facts, name: str) -> PasteLine:
    selector = host_of(facts, "s1")
    command = f"rspamadm dkim_keygen -s {selector} -d {name} -b 2048"
    return PasteLine("shell", _("on the mail server, with rspamd"), command)


def _no_test(facts: Facts, name: str) -> PasteLine:
    """The officer's own key; of its flags (RFC 6376, 3.6.1) only the test's is taken out."""
    found = [_without_y(each.strip()) for each in said(facts, "record").split(";")]
    kept = [each for each in found if each]
    return record(
        "TXT", said(facts, "name") or f"{host_of(facts, 's1')}._domainkey.{name}", "; ".join(kept)
    )


def _without_y(tag: str) -> str:
    name, _mark, value = tag.partition("=")
    if name.strip() != "t":
        return tag
    flags = [each.strip() for each in value.split(":") if each.strip().lower() != "y"]
    return f"t={':'.join(flags)}" if flags else ""


def _challenge(facts: Facts, name: str) -> PasteLine:
    return record("TXT", f"_govmail-challenge.{name}", said(facts, "challenge"))


def _alias(facts: Facts, name: str) -> PasteLine:
    where = _("Postfix, /etc/aliases; then run newaliases")
    mailbox = _("<mailbox of the registry>")
    return PasteLine("postfix", where, f"saraban: {mailbox}")


def _security_txt(facts: Facts, name: str) -> PasteLine:
    ends = timezone.now() + timedelta(days=360)
    lines = (
        f"Contact: mailto:security@{name}",
        f"Expires: {ends:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: th, en",
        f"Canonical: https://{name}/.well-known/security.txt",
        "",
    )
    where = _("file at %(url)s") % {"url": f"https://{name}/.well-known/security.txt"}
    return PasteLine("file", where, "\n".join(lines))


def _exchange(facts: Facts, name: str) -> PasteLine:
    command = "Set-RemoteDomain Default -AutoForwardEnabled $false"
    return PasteLine("exchange", _("Exchange, management shell"), command)


def _dovecot(facts: Facts, name: str) -> PasteLine:
    return PasteLine("dovecot", _("Dovecot, settings of Sieve"), "sieve_max_redirects = 0")


def _forwarding(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Look whether mailboxes forward to addresses outside by themselves, switch that off, and "
        "then state it here with the button of this rule."
    )
    return Cure(sentence, (_dovecot(facts, name), _exchange(facts, name)))


_CONTACT = gettext_lazy(
    "Put this file on the web site as plain text; the mailbox in it must exist and be read. Renew "
    "its day each year. A contact that is published elsewhere can be entered here instead."
)
CURES: dict[str, Make] = {
    "dkim_undeclared": saying(
        gettext_lazy(
            "Enter the selectors of your DKIM keys. They stand behind s= in the DKIM-Signature "
            "line of a letter that the agency has sent. Who has no key yet makes one."
        ),
        _generate,
    ),
    "dkim_missing": saying(
        gettext_lazy(
            "Enter the key that belongs to this selector, or take the selector off the list here. "
            "If the key is lost, this command makes a new one and prints its record."
        ),
        _same_key,
    ),
    "dkim_several": saying(
        gettext_lazy("Take out all records of this name but the one the server signs with."),
    ),
    "dkim_unusable": saying(_NEW_KEY, _generate),
    "dkim_revoked": saying(_NEW_KEY, _generate),
    "dkim_testing": saying(
        gettext_lazy("Enter this record, which is yours without the mark of a test."), _no_test
    ),
    "dkim_weak": saying(_NEW_KEY, _generate),
    "dkim_short": saying(_NEW_KEY, _generate),
    "letter_missing": saying(
        gettext_lazy(
            "Ask here for a test letter: you are given an address. Write to it from a mailbox of "
            "the domain, as officials do every day."
        ),
    ),
    "letter_of_another": saying(
        gettext_lazy("Ask for a new test letter, and write it from a mailbox of this domain."),
    ),
    "letter_unsigned": saying(_SIGN, _generate),
    "letter_not_verified": saying(
        gettext_lazy(
            "Either the key in DNS is not the one the server signs with, or something behind the "
            "signing changes letters, such as a footer. Let signing be the last step."
        ),
        _generate,
    ),
    "letter_not_aligned": saying(_SIGN, _generate),
    "domain_outside": saying(
        gettext_lazy(
            "Official mail belongs under go.th or mi.th: ask the registry (THNIC) for a name. If "
            "a letter allows this domain, enter its number here."
        ),
    ),
    "control_not_shown": saying(
        gettext_lazy("Enter this record in the DNS of the domain, and test again."), _challenge
    ),
    "control_old": saying(
        gettext_lazy("Enter this record in the DNS of the domain again, and test again."),
        _challenge,
    ),
    "saraban_not_tried": saying(
        gettext_lazy("Ask here for the round trip: we write to the saraban mailbox, it answers."),
    ),
    "saraban_refused": saying(
        gettext_lazy("Make the mailbox, or let its letters go to the registry's."), _alias
    ),
    "saraban_silent": saying(
        gettext_lazy(
            "See to it that somebody reads the saraban mailbox every working day, also its spam "
            "folder, and answers. Then ask for the round trip again."
        ),
    ),
    "saraban_late": saying(
        gettext_lazy(
            "See to it that somebody reads the saraban mailbox every working day. Then ask for "
            "the round trip again."
        ),
    ),
    "saraban_elsewhere": saying(
        gettext_lazy("Answer from the saraban mailbox itself, then ask for the round trip again."),
    ),
    "security_txt_missing": saying(_CONTACT, _security_txt),
    "security_txt_expired": saying(_CONTACT, _security_txt),
    "security_txt_wrong": saying(_CONTACT, _security_txt),
    "forwarding_unsaid": _forwarding,
    "forwarding_said_long_ago": _forwarding,
}
