"""Parts that not every machine has: where they are, or a skip that names them.

With REQUIRE_SERVICES=1, as in CI, what is missing fails instead of being skipped.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

_PATH = f"{os.environ['PATH']}:/usr/sbin"
ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SLAPD = ("slapd", "slapadd")
POSTFIX = ("postfix", "postqueue")
NAMESPACES = ("ip", "setpriv", "unshare")
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
    found = [shutil.which(name, path=_PATH) for name in SLAPD]
    if not all(found):
        _missing("slapd is not installed (apt-get install slapd)")
    if importlib.util.find_spec("ldap") is None:
        _missing("python-ldap is not installed (requirements-ldap.txt; apt-get libldap2-dev)")
    return str(found[0]), str(found[1])


def needs_postfix() -> tuple[str, str]:
    """Return the paths of postfix and postqueue; its master must be started by root."""
    found = [shutil.which(name, path=_PATH) for name in POSTFIX]
    if not all(found):
        _missing("Postfix is not installed (apt-get install postfix)")
    if os.geteuid() != 0:
        _missing("Postfix can be started by root only")
    return str(found[0]), str(found[1])


def needs_knot() -> str:
    """Return the path of knotd, which serves and signs the zones of tests/bed."""
    return _of_the_system("knotd", "knot")


def needs_unbound() -> str:
    """Return the path of unbound, which validates them."""
    return _of_the_system("unbound", "unbound")


def needs_namespaces() -> None:
    """Go on only where network namespaces can be made: by root, with iproute2."""
    if not all(shutil.which(name, path=_PATH) for name in NAMESPACES):
        _missing("iproute2 is not installed (apt-get install iproute2)")
    made = subprocess.run(["unshare", "--net", "true"], capture_output=True)
    if made.returncode != 0:
        _missing("Network namespaces can be made by root only")


def needs_scanner() -> str:
    """Return the Python of the deep scanner's environment, as `make test` makes it."""
    python = ROOT / ".venv-scanner" / "bin" / "python"
    if not (python.parent.parent / "installed").exists():
        _missing("The deep scanner is not installed (python3 deploy/install.py scanner)")
    return str(python)


def needs_shared(path: str = "") -> Path:
    """Return a path below ../shared, which holds corpora that are not of this repository.

    Whoever clones the repository lacks them, and skips by name; the pipeline has them.
    """
    found = SHARED / path
    if not found.exists():
        _missing(f"../shared/{path} is not here")
    return found


def _of_the_system(name: str, package: str) -> str:
    if found := shutil.which(name, path=_PATH):
        return found
    _missing(f"{name} is not installed (apt-get install {package})")


def _missing(what: str) -> NoReturn:
    if os.environ.get("REQUIRE_SERVICES", "") not in ("", "0", "no"):
        pytest.fail(what)
    pytest.skip(what)
