"""Make everything a fresh folder lacks: translations, keys, tables, demo data.

`python -m govmail_portal.running.preparing` does the steps that need Django, in
one process with the web tier's keyring. Each step leaves alone what is there.
"""

from __future__ import annotations

from pathlib import Path

from govmail_portal.message_catalogues import compile_catalogues


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
    else:
        call_command("keyring", "complete", "--keys", str(keys), verbosity=0)
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo_data")


if __name__ == "__main__":
    main()
