"""Where sealed content above 64 KiB is kept, from the environment: a disk, or a bucket of S3.

What would lose mail, or show it on the way, stops the start with a sentence.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from govmail_portal import env

# As S3 wants it, and without dots: TLS by name has no certificate for those.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_ADDRESSING = ("auto", "path", "virtual")


def content_storage(*, default_folder: Path, https: bool) -> dict[str, object]:
    """Return what STORAGES wants for "content"; ImproperlyConfigured says what is wrong.

    https: whether the portal itself is served so; then a bucket is spoken to in clear on
    the loopback only.
    """
    kind = env.text("CONTENT_STORAGE", "files")
    if kind == "files":
        folder = env.text("CONTENT_DIR", str(default_folder))
        return {"BACKEND": "mailbox.storage.DurableFileStorage", "OPTIONS": {"location": folder}}
    if kind != "s3":
        raise ImproperlyConfigured(f"CONTENT_STORAGE must be files or s3, not {kind!r}.")
    return {
        "BACKEND": "mailbox.storage.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": _bucket(),
            "endpoint_url": _endpoint(https=https),
            "region_name": env.text("S3_REGION", "") or None,
            "verify": _authorities(),
            "addressing_style": _addressing(),
            **_credentials(),
        },
    }


def _bucket() -> str:
    name = env.text("S3_BUCKET")
    if not _BUCKET.fullmatch(name):
        raise ImproperlyConfigured(
            "S3_BUCKET must be 3 to 63 lower-case letters, digits and hyphens."
        )
    return name


def _endpoint(*, https: bool) -> str | None:
    """The server's address; none: Amazon's of the region, which is always https."""
    address = env.text("S3_ENDPOINT", "")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured("S3_ENDPOINT must begin with https:// and name a server.")
    if parts.username or parts.password or parts.query or parts.path.strip("/"):
        raise ImproperlyConfigured(
            "S3_ENDPOINT must be https://, a server and perhaps a port, and nothing else: "
            "keys belong into S3_ACCESS_KEY and S3_SECRET_KEY, the bucket into S3_BUCKET."
        )
    if parts.scheme == "http" and https and not _is_loopback(parts.hostname):
        raise ImproperlyConfigured(
            "S3_ENDPOINT must begin with https://: in clear only the loopback is spoken to."
        )
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _credentials() -> dict[str, str | None]:
    """Both keys, or neither where the machine has a role of its own."""
    access, secret = env.secret("S3_ACCESS_KEY", ""), env.secret("S3_SECRET_KEY", "")
    if bool(access) != bool(secret):
        raise ImproperlyConfigured(
            "S3_ACCESS_KEY and S3_SECRET_KEY must be set both, or neither (a role of the machine)."
        )
    return {"access_key": access or None, "secret_key": secret or None}


def _authorities() -> str | None:
    file = env.text("S3_CA_FILE", "")
    if file and not Path(file).is_file():
        raise ImproperlyConfigured(f"S3_CA_FILE points to {file}, where there is no file.")
    return file or None


def _addressing() -> str:
    style = env.text("S3_ADDRESSING", "auto")
    if style not in _ADDRESSING:
        raise ImproperlyConfigured(f"S3_ADDRESSING must be one of {', '.join(_ADDRESSING)}.")
    return style
