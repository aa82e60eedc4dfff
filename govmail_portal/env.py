"""The only place that reads the environment.

Every setting comes through one of these functions. Nonsense stops the start
with a sentence that names the variable, because a portal that starts with a
wrong setting loses mail later. `docs/configuration.md` lists all names; a test
compares it with `NAMES_READ`.

While `make run` runs, it leaves what it chose (the engines' addresses above all)
in `VAR_DIR/portal.env`, and a name that the environment lacks is looked up
there: so `manage.py` finds the running portal. Tests never look there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NAMES_READ: set[str] = set()

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def _read(name: str) -> str | None:
    NAMES_READ.add(name)
    if name in os.environ:
        return os.environ[name]
    return None if running_tests() else _of_the_running_portal().get(name)


@cache
def _of_the_running_portal() -> Mapping[str, str]:
    var = os.environ.get("VAR_DIR") or Path(__file__).resolve().parent.parent / "var"
    try:
        lines = (Path(var) / "portal.env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    return {name: value for name, value in pairs}


def of_this_process() -> dict[str, str]:
    """Return a copy of the environment, for the processes the portal starts."""
    return dict(os.environ)


def text(name: str, default: str | None = None) -> str:
    """Return the variable's text; without a default it must be there."""
    value = _read(name)
    if value is None or value == "":
        if default is None:
            raise ImproperlyConfigured(
                f"{name} is not set, and the portal cannot start without it."
            )
        return default
    return value


def flag(name: str, *, default: bool) -> bool:
    """Return a yes or no: 1/true/yes/on or 0/false/no/off."""
    value = _read(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def number(name: str, *, default: int, least: int = 0) -> int:
    """Return a whole number that is not below `least`."""
    value = _read(name)
    if value is None or value == "":
        return default
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if result < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {result}.")
    return result


def ports(name: str, default: str) -> list[int]:
    """Return a comma-separated list of TCP ports."""
    parts = names(name, default)
    if not all(part.isdecimal() and 0 < int(part) < 65536 for part in parts):
        raise ImproperlyConfigured(f"{name} must be ports with commas between, not {parts}.")
    return [int(part) for part in parts]


def names(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, blanks dropped."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def folder(name: str, default: Path) -> Path:
    """Return a folder's absolute path."""
    return Path(text(name, str(default))).resolve()


def secret(name: str, default: str | None = None) -> str:
    """Return a secret from NAME, or from the file that NAME_FILE points to."""
    file = _read(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE points to {file}, which cannot be read: {error.strerror}."
            ) from error
    return text(name, default)


def running_tests() -> bool:
    """Tell whether this process is pytest's, where the engines are our own."""
    return "pytest" in sys.modules
