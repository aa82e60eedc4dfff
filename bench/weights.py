"""What a page weighs: its scripts and styles, with all they import, in kB after gzip.

Counted from the page itself, as a browser would fetch it: every script, every module a script
imports, every stylesheet. 1 kB is 1,000 bytes; gzip at level 6, as nginx and we are set.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from bench.measuring import Figure, at_most
from bench.population import account
from mailbox.outbound import drafting
from tests.cast import give_app, signed_in

SCRIPT = re.compile(r'<script[^>]*\bsrc="([^"]+)"')
STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*)["'](\.[^"']+|/[^"']+)["']""")
LIMITS = {"list": (60, 25), "compose": (110, 25), "settings": (60, 25)}


def pages_of(person: Account) -> dict[str, str]:
    """The pages that are weighed, by name."""
    box = person.mailbox
    draft = drafting.start(box, by=person, now=timezone.now())
    return {
        "list": reverse("mailbox:folder", args=[box.pk, "inbox"]),
        "compose": reverse("mailbox:draft", args=[draft.pk]),
        "settings": reverse("accounts:preferences"),
    }


def weigh(client: Client, address: str) -> tuple[float, float]:
    """Return (scripts, styles) of a page in kB after gzip."""
    page = client.get(address).content.decode()
    scripts: set[str] = set()
    for source in SCRIPT.findall(page):
        _with_imports(source, scripts)
    return _kilobytes(scripts), _kilobytes(set(STYLE.findall(page)))


def _with_imports(source: str, found: set[str]) -> None:
    if source in found:
        return
    found.add(source)
    for other in IMPORT.findall(_file(source).read_text(encoding="utf-8")):
        _with_imports(urljoin(source, other), found)


def _kilobytes(sources: set[str]) -> float:
    return sum(len(gzip.compress(_file(one).read_bytes(), 6)) for one in sources) / 1000


def _file(source: str) -> Path:
    found = finders.find(urlsplit(source).path.removeprefix(settings.STATIC_URL))
    if not isinstance(found, str):
        raise FileNotFoundError(source)
    return Path(found)


def measure() -> list[Figure]:
    person = account("weights")
    give_app(person)
    client = signed_in(person)
    figures = []
    for name, address in pages_of(person).items():
        scripts, styles = weigh(client, address)
        figures.append(at_most(f"{name}: scripts", scripts, "kB gzip", LIMITS[name][0]))
        figures.append(at_most(f"{name}: styles", styles, "kB gzip", LIMITS[name][1]))
    return figures
