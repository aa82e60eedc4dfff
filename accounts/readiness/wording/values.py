"""Facts as people read them: days, lists, and our own words for what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from govmail_portal import dates
from govmail_portal.dates import Manner

_MOST = 300
# Facts that are moments, and facts that are words of ours.
_MOMENTS = ("until", "since", "at")
_WORDS: dict[str, Promise | str] = {
    # How a question failed.
    "timeout": _("no answer in time"),
    "refused": _("connection refused"),
    "reset": _("connection broken off"),
    "closed": _("connection closed"),
    "not_tls": _("no encryption there"),
    "tls_failed": _("encryption failed"),
    "bad_reply": _("an answer nobody understands"),
    "too_long": _("too long"),
    "too_much": _("too much"),
    "loop": _("goes in a circle"),
    "no_address": _("no address"),
    "forbidden": _("an address that is not public"),
    "turned_away": _("turns senders away"),
    "no_resolver": _("our DNS does not work"),
    "late": _("we ran out of time"),
    "untrusted": _("not trusted"),
    "expired": _("expired"),
    "self_signed": _("signed by itself"),
    "unknown_issuer": _("unknown issuer, or an intermediate certificate is missing"),
    "not_yet_valid": _("not valid yet"),
    # What is missing on a web site.
    "csp": "Content-Security-Policy",
    "nosniff": "X-Content-Type-Options",
    "frames": "X-Frame-Options",
    "referrer": "Referrer-Policy",
    "caa": _("CAA record"),
    "ipv6": _("IPv6 addresses"),
    "weak_suites": _("weak ciphers switched off"),
    # What is wrong with a text.
    "not_ascii": _("characters that do not belong there"),
    "too_many_terms": _("too many words"),
    "twice": _("a word that may stand there only once"),
    "term": _("a word nobody understands"),
    "mechanism": _("a word nobody knows"),
    "macro": _("a broken macro"),
    "domain": _("a name that is none"),
    "network": _("an address that is none"),
    "syntax": _("not in the form of a key"),
    "no_key": _("no key in it"),
    "not_for_mail": _("not meant for mail"),
    "old_hash": _("only for an outdated method"),
    "unreadable": _("not readable"),
    "line": _("a line that is no field"),
    "content_type": _("not served as text/plain"),
    "https": _("not served over trusted HTTPS"),
    "contact": _("the Contact field"),
    "contact_missing": _("no Contact field"),
    "expires": _("the Expires field"),
    "expires_missing": _("no Expires field"),
    "languages": _("the Preferred-Languages field"),
    # Services.
    "smtp": _("mail"),
    "tls": _("web"),
}
# Which facts hold such words; all others are strangers' own, and stay as they are.
_OURS = ("error", "missing", "wrong", "why", "word", "kind")


class Shown(dict[str, str]):
    """Facts ready to be put into a sentence; what a sentence asks for and is not there is ""."""

    def __missing__(self, name: str) -> str:
        return ""


def shown(facts: Mapping[str, Any]) -> Shown:
    """The facts of a result in the reader's language."""
    manner = Manner.of(get_language())
    return Shown({name: _as_text(name, value, manner) for name, value in facts.items()})


def _as_text(name: str, value: Any, manner: Manner) -> str:
    if name in _MOMENTS:
        return _day(value, manner)
    if isinstance(value, list | tuple):
        return ", ".join(_word(name, each) for each in value)[:_MOST]
    if name == "percent" or isinstance(value, float):
        return f"{value:g}" if isinstance(value, int | float) else ""
    return _word(name, value)


def _word(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _OURS and isinstance(value, str) and value in _WORDS:
        return str(_WORDS[value])
    return str(value) if name == "record" else str(value)[:_MOST]


def _day(value: Any, manner: Manner) -> str:
    try:
        return dates.day(datetime.fromisoformat(str(value)), manner)
    except ValueError:
        return ""
