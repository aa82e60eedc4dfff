"""Parts that not every machine has: where they are, or a skip that names them.

With REQUIRE_SERVICES=1, as in CI, what is missing fails instead of being skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SLAPD = ("slapd", "slapadd")
POSTFIX = ("postfix", "postqueue")
# How Chromium is started here: without a sandbox of its own, silent.
FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
]


def needs_chromium() -> str:
    """Return the path of Chromium; it comes from the system, as `make test` installs it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    _missing("Chromium is not installed (apt-get install chromium)")


def needs_slapd() -> tuple[str, str]:
    """Return the paths of slapd and slapadd; they come from the system, python-ldap with them."""
    found = [shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in SLAPD]
    if not all(found):
        _missing("slapd is not installed (apt-get install slapd)")
    if importlib.util.find_spec("ldap") is None:
        _missing("python-ldap is not installed (requirements-ldap.txt; apt-get libldap2-dev)")
    return str(found[0]), str(found[1])


def needs_postfix() -> tuple[str, str]:
    """Return the paths of postfix and postqueue; its master must be started by root."""
    found = [shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in POSTFIX]
    if not all(found):
        _missing("Postfix is not installed (apt-get install postfix)")
    if os.geteuid() != 0:
        _missing("Postfix can be started by root only")
    return str(found[0]), str(found[1])


def needs_shared(path: str = "") -> Path:
    """Return a path below ../shared, which holds corpora that are not of this repository.

    Whoever clones the repository lacks them, and skips by name; the pipeline has them.
    """
    found = SHARED / path
    if not found.exists():
        _missing(f"../shared/{path} is not here")
    return found


def _missing(what: str) -> NoReturn:
    if os.environ.get("REQUIRE_SERVICES", "") not in ("", "0", "no"):
        pytest.fail(what)
    pytest.skip(what)
