"""Where a web page sends a password: its forms, read without building the page.

Python's own HTML parser takes 40 seconds for 64 KiB of "<a <a <a"; here every tag is looked at
once, within bounds. Only tags are read, not what scripts would make of them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

_MOST_TAGS = 1_000
_MOST_ATTRIBUTES = 50
_MOST_TAG = 4_096
_TAG = re.compile(r"<(/?form|input|button|base)(?=[\s/>])", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""[\s/]*([^\s/>=]+)(?:\s{0,20}=\s{0,20}("[^"]*"|'[^']*'|[^\s>"']*))?""", re.DOTALL
)


@dataclass
class Form:
    """has_password: a field for one; targets: what it sends it to, as written."""

    has_password: bool = False
    targets: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Secrets:
    """What a page asks for. has_password: a field for one; in_clear: it goes by plain http."""

    has_password: bool
    in_clear: bool


def secrets_of(page: str, url: str) -> Secrets:
    """Read the forms of a page that came from a URL."""
    base, forms = _forms_of(page)
    asking = [form for form in forms if form.has_password]
    base = _joined(url, base)
    targets = [_joined(base, target) for form in asking for target in form.targets or [""]]
    # A page that came in clear can be changed on its way to send it anywhere.
    in_clear = any(_is_clear(each) for each in [url, *targets]) if asking else False
    return Secrets(bool(asking), in_clear)


def _forms_of(page: str) -> tuple[str, list[Form]]:
    """The base of a page's links, and its forms; the first stands for fields outside any."""
    base, inside = "", False
    forms = [Form()]
    for name, attributes in _tags_of(page):
        if name == "base":
            base = base or attributes.get("href", "")
        elif name == "/form":
            inside = False
        elif name == "form":
            inside = True
            forms.append(Form(targets=[attributes.get("action", "")]))
        else:
            form = forms[-1] if inside else forms[0]
            form.has_password |= attributes.get("type", "").lower() == "password"
            form.targets += [attributes["formaction"]] if "formaction" in attributes else []
    return base, forms


def _tags_of(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    text = _without_comments(page)
    for count, found in enumerate(_TAG.finditer(text)):
        if count == _MOST_TAGS:
            return
        yield found[1].lower(), _attributes_of(text[found.end() : found.end() + _MOST_TAG])


def _without_comments(page: str) -> str:
    """An open comment hides the rest, as browsers have it."""
    kept, place = [], 0
    while (start := page.find("<!--", place)) >= 0:
        kept.append(page[place:start])
        end = page.find("-->", start + 4)
        place = end + 3 if end >= 0 else len(page)
    return "".join([*kept, page[place:]])


def _attributes_of(text: str) -> dict[str, str]:
    """Of a tag's text after its name; the first of two wins (HTML §13.2.5.33)."""
    found: dict[str, str] = {}
    place = 0
    for _ in range(_MOST_ATTRIBUTES):
        one = _ATTRIBUTE.match(text, place)
        if one is None or one.end() == place:
            break
        place = one.end()
        value = (one[2] or "").strip("\"'" if (one[2] or "")[:1] in "\"'" else "")
        found.setdefault(one[1].lower(), html.unescape(value))
    return found


def _joined(base: str, target: str) -> str:
    try:
        return urljoin(base, target.strip())
    except ValueError:
        return base


def _is_clear(url: str) -> bool:
    try:
        return urlsplit(url).scheme.lower() == "http"
    except ValueError:
        return False
