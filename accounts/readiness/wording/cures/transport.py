"""Cures of SE-6 and SE-7: MTA-STS first as a trial, because a wrong policy keeps mail away."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.readiness.checks.case import number, texts
from accounts.readiness.wording.cures import servers
from accounts.readiness.wording.cures.pasting import (
    Cure,
    Facts,
    Make,
    PasteLine,
    plain,
    public_address,
    record,
    saying,
)

_WEEKS = 604_800
_SEVERAL = gettext_lazy("Take all of these records out and enter this one alone.")


def _sts_record(facts: Facts, name: str) -> PasteLine:
    today = timezone.localdate()
    return record("TXT", f"_mta-sts.{name}", f"v=STSv1; id={today:%Y%m%d}01")


def _sts_host(facts: Facts, name: str) -> PasteLine:
    return record("A", f"mta-sts.{name}", public_address())


def _file(mode: str) -> Callable[[Facts, str], PasteLine]:
    def make(facts: Facts, name: str) -> PasteLine:
        hosts = [plain(each) for each in texts(facts.get("hosts"))] or [f"mail.{name}"]
        lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {each}" for each in hosts)]
        text = "\n".join([*lines, f"max_age: {max(number(facts.get('seconds')), _WEEKS)}", ""])
        where = _("file at %(url)s") % {"url": f"https://mta-sts.{name}/.well-known/mta-sts.txt"}
        return PasteLine("file", where, text)

    return make


def _sts_certificate(facts: Facts, name: str) -> PasteLine:
    return servers.new_certificate({"of": [f"mta-sts.{name}"]}, name)


def _place(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Have a web server answer for this name over HTTPS, with a trusted certificate and "
        "without leading elsewhere, and put the file there as text/plain."
    )
    makers = (_sts_host, _sts_certificate, _file("testing"))
    return Cure(sentence, tuple(make(facts, name) for make in makers))


def _dane(facts: Facts, name: str) -> Cure:
    sentence = _(
        "Beside DANE there is MTA-STS, which needs no signed domain. If DANE is what you want, "
        "make the TLSA record anew from the certificate that the mail server shows now."
    )
    return Cure(sentence, (_sts_record(facts, name), _file("testing")(facts, name)))


def _reports(facts: Facts, name: str) -> PasteLine:
    value = f"v=TLSRPTv1; rua=mailto:tls-reports@{name}"
    return record("TXT", f"_smtp._tls.{name}", value)


_POLICY = gettext_lazy(
    "Put this file in place of the present one, and give the record a new id each time."
)
_TLSRPT = gettext_lazy(
    "Enter this record. The mailbox in it must exist; choose another address if you like."
)
CURES: dict[str, Make] = {
    "sts_missing": saying(
        gettext_lazy(
            "Begin with a trial, so that no letter is lost: put the file on a web server of this "
            "name with a trusted certificate, then enter the record. When the reports of two "
            "weeks show no failure, change “testing” into “enforce” and give the record a new id."
        ),
        _file("testing"),
        _sts_host,
        _sts_record,
    ),
    "sts_several": saying(_SEVERAL, _sts_record),
    "sts_record_malformed": saying(gettext_lazy("Enter this record instead."), _sts_record),
    "sts_untrusted": _place,
    "sts_unreachable": _place,
    "sts_not_there": _place,
    "sts_wrong_kind": saying(
        gettext_lazy("Have the web server send the file as plain text."),
        lambda facts, name: PasteLine(
            "nginx",
            _("nginx, in the server block"),
            "location = /.well-known/mta-sts.txt { default_type text/plain; }",
        ),
    ),
    "sts_policy_malformed": saying(_POLICY, _file("testing"), _sts_record),
    "sts_leaves_out": saying(
        gettext_lazy(
            "Put this file in place of the present one soon: senders that keep to the policy "
            "do not deliver to servers it does not name."
        ),
        _file("testing"),
        _sts_record,
    ),
    "sts_not_enforced": saying(
        gettext_lazy(
            "When the reports of two weeks show no failure, put this file in place of the present "
            "one and give the record a new id."
        ),
        _file("enforce"),
        _sts_record,
    ),
    "sts_short": saying(_POLICY, _file("enforce"), _sts_record),
    "dane_missing": _dane,
    "dane_mismatch": _dane,
    "dane_unsigned": _dane,
    "tlsrpt_missing": saying(_TLSRPT, _reports),
    "tlsrpt_several": saying(_SEVERAL, _reports),
    "tlsrpt_malformed": saying(_TLSRPT, _reports),
}
