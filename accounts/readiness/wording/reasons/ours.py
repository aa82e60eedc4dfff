"""What is said where a rule does not apply, was not tested, or cannot be told by our fault."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.readiness.wording.said import Said

REASONS: dict[str, Said] = {
    # Our own fault: it opens nothing and closes nothing.
    "not_asked": Said(
        "%(asked)s", _("We did not come to ask this. It is our fault; the next run asks again.")
    ),
    "unable": Said(
        "%(asked)s · %(error)s",
        _("We could not ask this: our own system failed. It does not count against the agency."),
    ),
    "no_route": Said(
        "%(asked)s · %(error)s",
        _("Our own line was down, so silence proves nothing. The next run asks again."),
    ),
    "unreadable": Said(
        "", _("We could not read our own notes of this run. It does not count against the agency.")
    ),
    "no_check": Said("", _("This version of the portal cannot test this rule yet.")),
    "run_failed": Said(
        "", _("The run could not be finished, by our own fault. Test again in a while.")
    ),
    "security_untold": Said(
        "%(asked)s%(of)s",
        _("Our system could not tell whether the domain is signed. The next run asks again."),
    ),
    "login_untold": Said(
        "%(of)s", _("We could not make out whether %(of)s takes passwords in clear.")
    ),
    "old_tls_untold": Said(
        "%(of)s · %(versions)s",
        _("We could not make out whether %(of)s still takes old encryption."),
    ),
    "starttls_untold": Said("%(of)s", _("We could not make out which encryption %(of)s speaks.")),
    "trust_untold": Said(
        "%(of)s", _("We could not make out whether the certificate of %(of)s is trusted.")
    ),
    "saraban_not_sent": Said(
        "%(of)s", _("Our test letter to %(of)s has not left us. It does not count against you.")
    ),
    "window_gaps": Said(
        "%(of)s · %(days)s / %(wanted)s",
        _("On %(days)s of %(wanted)s days we did not probe often enough, by our own fault."),
    ),
    # It does not apply.
    "no_mail": Said("", _("The domain is not used for mail, so this rule does not apply.")),
    "no_web": Said("", _("The domain is not in use, so this rule does not apply.")),
    "is_parked": Said("", _("The domain is not in use; rule TR-9 says what such a domain needs.")),
    "not_parked": Said("", _("The domain is in use, so this rule does not apply.")),
    "no_address": Said("%(of)s", _("%(of)s has no address, so there is nothing to look at.")),
    "no_certificate": Said(
        "%(of)s", _("%(of)s has no certificate that could run out; rule SE-1 minds that.")
    ),
    "no_tls": Said("%(of)s", _("%(of)s does not encrypt at all; rule SE-1 minds that.")),
    # It was not tested.
    "mx_too_many": Said(
        "%(most)s + %(left_out)s",
        _("The domain names more than %(most)s mail servers; we look at no more than these."),
    ),
    "mx_none_to_look_at": Said("MX", _("The domain names no mail server to look at.")),
    "certificate_not_seen": Said(
        "%(of)s", _("%(of)s showed no certificate, so it could not be looked at.")
    ),
    "tls_not_seen": Said(
        "%(of)s", _("%(of)s did not answer over HTTPS, so it could not be looked at.")
    ),
    "ssl3_untested": Said(
        "%(of)s · SSLv3", _("SSLv3 was not tested here: the deep scanner is not installed.")
    ),
    "rpki_untested": Said("RPKI", _("The protection of network routes (RPKI) is not tested yet.")),
    "logins_undeclared": Said(
        "", _("The agency has not said where its officials sign in to mail today.")
    ),
    "login_forbidden": Said(
        "%(of)s · %(kind)s", _("We do not go to %(of)s: it is not a public address or port.")
    ),
    "login_not_seen": Said(
        "%(of)s · %(error)s", _("%(of)s did not answer, so it could not be tested.")
    ),
    "dkim_undeclared": Said(
        "", _("The agency has not said under which names (selectors) its DKIM keys stand.")
    ),
    "letter_missing": Said(
        "", _("No test letter from the domain has come to us yet, so its signature is not known.")
    ),
    "saraban_not_tried": Said(
        "saraban@%(of)s", _("No test letter has been sent to the saraban mailbox yet.")
    ),
    "saraban_waiting": Said(
        "%(of)s · %(until)s",
        _("The saraban mailbox has our letter and may answer until %(until)s."),
    ),
    "window_short": Said(
        "%(of)s · %(days)s / %(wanted)s",
        _("The services have been watched for %(days)s of %(wanted)s days; it takes them all."),
    ),
    # Of every rule.
    "dns_lost": Said(
        "%(of)s · SERVFAIL",
        _("The name servers of %(of)s give no usable answer, so nobody can find it."),
    ),
}
