"""Files that officers hand in: kept sealed until a worker has read them, and no longer.

A list of people holds national identity numbers; so it lies nowhere in clear. Web and workers
share the key (it is made of SECRET_KEY), and the row is deleted as soon as it was read.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.audit import chain
from accounts.directory import nudges, plan
from accounts.directory.files import reading
from accounts.models import Account, Agency, ImportBatch, ImportUpload, Source
from accounts.spreadsheets import table
from govmail_portal.errors import PortalError


class TooLarge(PortalError):
    message = _("The file is larger than 20 MB. Split it by division, and say it is not all.")


class CannotBeOpened(PortalError):
    message = _("The file cannot be opened any more. Upload it again.")


class BrokeOff(PortalError):
    message = _("The reading broke off. Nobody was changed; begin it anew.")


def source_of_files(agency: Agency) -> Source:
    """The agency's one source of files: whoever uploads, the same numbers mean the same people."""
    source, _is_new = Source.objects.get_or_create(agency=agency, kind=Source.Kind.FILE, name="HR")
    return source


@transaction.atomic
def receive(
    data: bytes, agency: Agency, *, by: Account, now: datetime, reads_all: bool, file_name: str
) -> ImportBatch:
    """Take a file in; a worker reads it. Raises TooLarge."""
    if len(data) > table.MOST_BYTES:
        raise TooLarge
    source = source_of_files(agency)
    batch = plan.begin(source, by=by, now=now, reads_all=reads_all, file_name=file_name)
    batch.due_at = now
    batch.save(update_fields=["due_at"])
    ImportUpload.objects.create(batch=batch, sealed=_seal().encrypt(data))
    chain.record("import_uploaded", batch, by=by, now=now, agency=agency)
    nudges.read_soon(batch.pk)
    return batch


def read(batch: ImportBatch, *, now: datetime) -> ImportBatch:
    """Read a received file into its plan. What is wrong with it is said in `failure`.

    Whatever comes of it the file is gone afterwards, unless another worker has begun anew.
    """
    upload = ImportUpload.objects.filter(batch=batch).first()
    try:
        if upload is None:
            raise BrokeOff
        plan.fill(batch, reading.records(_opened(upload)), now=now)
    except PortalError as failure:
        plan.fail(batch, failure)
    finally:
        if batch.state != ImportBatch.State.READING:
            ImportUpload.objects.filter(batch=batch).delete()
    return batch


def _opened(upload: ImportUpload) -> bytes:
    try:
        return _seal().decrypt(bytes(upload.sealed))
    except InvalidToken as error:
        raise CannotBeOpened from error


def _seal() -> Fernet:
    key = hashlib.sha256(b"govmail import upload" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
