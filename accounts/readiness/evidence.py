"""The evidence of a run as it is kept: canonical JSON under zstd, and the digest it is cited by.

Canonical: sorted names, no spaces, UTF-8; so the same observations have the same digest (SHA-256
of the JSON). A row is ours, but may have been damaged or tampered with: what it unpacks to is
bounded before it is read.
"""

from __future__ import annotations

import hashlib
import io
import json
from typing import Any

import zstandard

from accounts.models import ScanRun
from accounts.probing.observations import Observation, Observations
from accounts.readiness import checks, profiles
from accounts.readiness.checks import Judgement
from accounts.readiness.subject import Subject

MOST_BYTES = 32 * 1024 * 1024
_LEVEL = 9
# zstd's own bound on the memory of one frame: 2^27 bytes, what level 9 never needs.
_MOST_WINDOW = 1 << 27


class EvidenceDamaged(ValueError):
    """What a run keeps is not evidence, or not the evidence it is cited by."""


def pack(seen: Observations) -> tuple[bytes, str]:
    """The observations as bytes, and the digest of their JSON, in hex."""
    found = [each.to_json() for each in seen]
    text = json.dumps(
        {"version": 1, "observations": found},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    # Half a surrogate pair has no UTF-8; strangers' texts come without, ours may not.
    canonical = text.encode("utf-8", "backslashreplace")
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(canonical)
    return packed, hashlib.sha256(canonical).hexdigest()


def unpack(packed: bytes, *, digest: str = "") -> Observations:
    """The observations again; none of none. Raises EvidenceDamaged."""
    if not packed and not digest:
        return Observations()
    canonical = _canonical(packed)
    if digest and hashlib.sha256(canonical).hexdigest() != digest:
        raise EvidenceDamaged("The evidence is not what it is cited by.")
    try:
        found: dict[str, Any] = json.loads(canonical)
        return Observations(Observation.from_json(each) for each in found["observations"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise EvidenceDamaged("This is no evidence.") from error


def _canonical(packed: bytes) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW).stream_reader(
        io.BytesIO(packed)
    )
    try:
        canonical = reader.read(MOST_BYTES + 1)
    except zstandard.ZstdError as error:
        raise EvidenceDamaged("The evidence cannot be unpacked.") from error
    if len(canonical) > MOST_BYTES:
        raise EvidenceDamaged("The evidence is larger than any run brings.")
    return canonical


def replay(run: ScanRun) -> list[Judgement]:
    """Judge a finished run again, by its own evidence, subject, rules and moment.

    Raises EvidenceDamaged where the evidence is not that which its digest names.
    """
    if run.finished_at is None:
        raise EvidenceDamaged("The run is not over.")
    if run.digest and not run.evidence:
        raise EvidenceDamaged("The evidence is past its time and no longer kept.")
    try:
        subject = Subject.from_json(run.subject)
    except (KeyError, ValueError, TypeError) as error:
        raise EvidenceDamaged("The run does not say what it was about.") from error
    seen = unpack(bytes(run.evidence), digest=run.digest)
    return checks.judge(profiles.lines_of(run.profile), subject, seen, now=run.finished_at)
