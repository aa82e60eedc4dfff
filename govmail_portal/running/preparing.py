"""Make everything a fresh folder lacks: secrets, keys, tables, demo data.

`python -m govmail_portal.running.preparing` does the steps that need Django, in
one process with the web tier's keyring. Each step leaves alone what is there.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from govmail_portal.message_catalogues import compile_catalogues


def secret_key_file(keys: Path) -> Path:
    """Return the file of Django's SECRET_KEY, made on the first call."""
    file = keys / "secret-key"
    if not file.exists():
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = file.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(64))
        fresh.replace(file)
    return file


def main() -> None:
    """Compile the translations, make keys, bring the tables up to date, load the demo."""
    compile_catalogues()
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    keys = Path(settings.KEYRING_FILE).parent
    if not (keys / "web.json").exists():
        call_command("keyring", "new", "--into", str(keys))
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo_data")


if __name__ == "__main__":
    main()
