"""Lighthouse on four pages: performance, accessibility, best practices, each of 100.

Only `python -m bench lighthouse` asks for it: its 200 packages (tests/lighthouse) are nothing
that the portal, its tests or the other measurements should wait for. They are installed on
first use from their own lock.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from django.urls import reverse
from django.utils import timezone

from bench.engines import ROOT
from bench.measuring import Figure, at_least
from bench.reading import reader_of, serve
from mailbox.models import Message
from mailbox.outbound import drafting
from tests.cast import signed_in
from tests.services import FLAGS, needs_chromium

HOME = ROOT / "tests" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95


def measure() -> list[Figure]:
    tool = _installed()
    origin = serve()
    person = reader_of(1_000)
    cookie = "; ".join(f"{k}={v.value}" for k, v in signed_in(person).cookies.items())
    box = person.mailbox
    newest = Message.objects.filter(mailbox=box).latest("received_at")
    draft = drafting.start(box, by=person, now=timezone.now())
    pages = {
        "sign-in": (reverse("account_login"), ""),
        "inbox": ("/", cookie),
        "conversation": (
            reverse("mailbox:thread", args=[box.pk, "inbox", newest.thread_id]),
            cookie,
        ),
        "compose": (reverse("mailbox:draft", args=[draft.pk]), cookie),
    }
    return [
        at_least(f"{name}: {category}", score, "of 100", LEAST)
        for name, (path, cookies) in pages.items()
        for category, score in _scores(tool, origin + path, cookies).items()
    ]


def _installed() -> Path:
    tool = HOME / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not tool.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("Lighthouse needs npm and Node 18.16 or newer on PATH.")
        quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        subprocess.run([npm, "ci", *quiet], cwd=HOME, check=True)
    return tool


def _scores(tool: Path, address: str, cookies: str) -> dict[str, float]:
    """The scores of one page, as a desktop computer sees it."""
    node = shutil.which("node") or "node"
    flags = " ".join(["--headless=new", *FLAGS])
    command = [
        *(node, str(tool), address, "--quiet", "--output=json", "--preset=desktop"),
        *("--only-categories", ",".join(CATEGORIES), f"--chrome-flags={flags}"),
    ]
    if cookies:
        command += ["--extra-headers", json.dumps({"Cookie": cookies})]
    told = subprocess.run(
        command,
        env=os.environ | {"CHROME_PATH": needs_chromium()},
        stdout=subprocess.PIPE,
        check=True,
        timeout=180,
    )
    found = json.loads(told.stdout)
    for audit in found["audits"].values():
        if audit["score"] is not None and audit["score"] < 0.9:
            print(f"  {address.rsplit('/', 2)[-2]:12} {audit['score']:.2f} {audit['id']}")
    return {name: 100 * found["categories"][name]["score"] for name in CATEGORIES}
