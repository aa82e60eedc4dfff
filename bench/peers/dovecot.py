"""Dovecot's LMTP with Maildir, as Debian installs it: what a ministry would run otherwise."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

# An account of Debian's that may own mail; Dovecot delivers nothing as root.
OWNER = "mail"

_CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = lmtp
ssl = no
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
auth_username_format = %Lu
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={folder}/mail/%u allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    port = {port}
  }}
}}
"""


def is_here() -> bool:
    return shutil.which("dovecot") is not None and Path("/usr/lib/dovecot/lmtp").exists()


@contextlib.contextmanager
def running(port: int) -> Iterator[Path]:
    """Run Dovecot's LMTP on a loopback port until the block ends; give its mail's folder."""
    folder = Path(tempfile.mkdtemp(prefix="govmail-dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", OWNER, OWNER)
    file = folder / "dovecot.conf"
    file.write_text(_CONFIGURATION.format(folder=folder, port=port, owner=OWNER))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(file)])
    try:
        yield folder / "mail"
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
