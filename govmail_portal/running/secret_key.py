"""Django's SECRET_KEY, made once."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def secret_key_file(keys: Path) -> Path:
    """Return the file in the folder `keys` that holds the key, made on the first call."""
    file = keys / "secret-key"
    if not file.exists():
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(64))
        fresh.replace(file)
    return file
