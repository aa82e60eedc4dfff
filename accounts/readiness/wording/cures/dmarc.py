"""DMARC records to propose: the agency's own, with nothing taken out but what is wrong in them.

Whatever is proposed passes all rules about the record but for its policy, which is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence

from accounts.readiness.reading import dmarc
from accounts.readiness.reading.dmarc import POLICIES
from accounts.readiness.reading.errors import Unreadable
from accounts.readiness.wording.cures.pasting import plain

Tags = dict[str, str]


def own_tags(*records: str) -> Tags:
    """The tags of a record that can be read, in their order; of several the first of each name."""
    kept: Tags = {}
    for field in (field for record in records for field in plain(record).split(";")[1:]):
        tag, mark, value = field.partition("=")
        name, value = tag.strip().lower(), value.strip()
        if mark and name not in kept and _reads(f"v=DMARC1; {name}={value}"):
            kept[name] = value
    return kept


def with_policy(tags: Tags, policy: str) -> Tags:
    """This policy, without a mark of a test, and nothing weaker for names below."""
    wrong = {"v", "p"}
    wrong |= {"t"} if tags.get("t", "").lower() == "y" else set()
    # Of letters that a stricter policy is about, "pct" would let some through (RFC 7489, 6.3).
    wrong |= {"pct"} if tags.get("p", "").lower() != policy else set()
    for name in ("sp", "np"):
        said = tags.get(name, policy).lower()
        wrong |= {name} if POLICIES.index(said) < POLICIES.index(policy) else set()
    return {"p": policy, **{name: value for name, value in tags.items() if name not in wrong}}


def with_reports(tags: Tags, usual: str, unwilling: Sequence[str] = ()) -> Tags:
    """Reports to whom they went, but for hosts that do not take them; to `usual` where to nobody.

    usual: an address of mail.
    """
    uris = [each.strip() for each in tags.get("rua", "").split(",") if each.strip()]
    willing = [each for each in uris if _host_of(each) not in unwilling]
    if willing and _addresses(",".join(willing)):
        return {**tags, "rua": ",".join(willing)} if willing != uris else tags
    return {**tags, "rua": f"mailto:{usual}"}


def text_of(tags: Tags) -> str:
    return "; ".join(f"{name}={value}" for name, value in {"v": "DMARC1", **tags}.items())


def _host_of(uri: str) -> str:
    found = _addresses(uri)
    return found[0].rpartition("@")[2].lower().removesuffix(".") if found else ""


def _addresses(rua: str) -> tuple[str, ...]:
    record = f"v=DMARC1; rua={rua}"
    return dmarc.read(record).rua if _reads(record) else ()


def _reads(record: str) -> bool:
    try:
        dmarc.read(record)
    except Unreadable:
        return False
    return True
