"""Links that do not say where they lead: asked about before they are followed.

In the body such a link becomes `link/N/`, relative to the frame's address; its target
is the Nth of the rendition's `links`. All others stay as they were written.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from mailbox.mime.trust.authentication import is_under
from mailbox.mime.trust.names import unicode_domain

MAX_LINKS = 2_000
MAX_CHARACTERS = 256 * 1024
MAX_TEXT = 2_000
OWN_LINK = re.compile(r"link/(\d{1,4})/")

# What in a link's words reads as a host: after a scheme or "www.", or with a well-known end.
_SHOWN_HOST = re.compile(
    r"(?:https?://(?:[^\s/@]{1,200}@)?|(?<![\w.-])www\.)([\w-]{1,63}(?:\.[\w-]{1,63}){0,9})"
    r"|(?<![\w.-])((?:[\w-]{1,63}\.){1,9}"
    r"(?:com|net|org|gov|edu|info|biz|int|mil|example|test|[a-z]{2}\.th|th|ไทย))(?![\w.-])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)
_THAI = re.compile(r"[\u0e00-\u0e7f\d-]+")


class Links:
    """Gathers the targets of one message's doubtful links."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self._characters = 0

    def address(self, target: str, shown: str) -> str | None:
        """What the link's `href` becomes; None where there are too many to keep.

        target: as `styles.clean_link` gave it. shown: the words of the link.
        """
        if not is_doubtful(target, shown):
            return target
        if len(self.targets) >= MAX_LINKS or self._characters + len(target) > MAX_CHARACTERS:
            return None
        self._characters += len(target)
        self.targets.append(target)
        return f"link/{len(self.targets) - 1}/"


def is_doubtful(target: str, shown: str) -> bool:
    """Whether to ask before following: hidden or disguised host, or words that name another."""
    if not target[:8].lower().startswith(("http://", "https://")):
        return False
    host = host_of(target)
    if not host or "@" in _authority(target) or _is_number(host) or _is_disguised(host):
        return True
    return any(not _is_same(named, host) for named in _hosts_in(shown[:MAX_TEXT]))


def host_of(target: str) -> str:
    """The host of an http link in lower case, without user and port; "" if it has none."""
    try:
        return (urlsplit(target).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _authority(target: str) -> str:
    return re.split(r"[/?#\\]", target.partition("//")[2], maxsplit=1)[0]


def _is_number(host: str) -> bool:
    """An address by number, in any spelling that browsers take (WHATWG URL, IPv4 parser)."""
    return ":" in host or _NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _is_disguised(host: str) -> bool:
    """Letters beyond ASCII, but for labels wholly Thai, which look like nothing else."""
    if "%" in host:
        return True
    for label in unicode_domain(host).split("."):
        if label.startswith("xn--") or not (label.isascii() or _THAI.fullmatch(label)):
            return True
    return False


def _hosts_in(shown: str) -> list[str]:
    return [(one[1] or one[2]).lower() for one in _SHOWN_HOST.finditer(unquote(shown))]


def _is_same(named: str, host: str) -> bool:
    """Whether a host is the one that was named, but for www., or one of the same house."""
    named, host = (unicode_domain(one.removeprefix("www.").rstrip(".")) for one in (named, host))
    return is_under(host, named) or is_under(named, host)
