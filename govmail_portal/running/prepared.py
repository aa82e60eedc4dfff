"""What preparing depends on: as long as none of it changes, it need not be done again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from govmail_portal.running.ports import Ports

_SOURCES = ("*/migrations/*.py", "mailbox/demo/**/*", "govmail_portal/locale/**/*.po")


def prepared_from(root: Path, ports: Ports) -> str:
    """Return a digest of migrations, demo data, translations and the gateways' ports."""
    digest = hashlib.sha256(repr(ports.gateways).encode())
    files = {file for pattern in _SOURCES for file in root.glob(pattern) if file.is_file()}
    for file in sorted(files):
        if file.suffix != ".pyc":
            content = file.read_bytes()
            digest.update(f"{file.relative_to(root)} {len(content)} ".encode() + content)
    return digest.hexdigest()
