"""Key files: a role's keyring as JSON on disk (mode 0600), and what changes them.

A set is three files in one folder. web.json: storage, lookup, public halves;
worker.json: ingest and relay with their private halves, lookup, returns; lmtp.json:
the public half of ingest, returns. No file opens everything.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from mailbox.errors import KeyMissing
from mailbox.sealing import hpke
from mailbox.sealing.keyring import NAMES, Name, Pair, StoredKeyring

log = logging.getLogger(__name__)

Role = Literal["web", "worker", "lmtp"]
Rotated = Literal["storage", "ingest", "relay", "returns"]
ROLES: tuple[Role, ...] = ("worker", "web", "lmtp")
FORMAT = 1

# Which halves each role has: a private half, only the public one, or a symmetric key.
_HELD: dict[Role, dict[Name, str]] = {
    "web": {"storage": "key", "lookup": "key", "ingest": "public", "relay": "public"},
    "worker": {"ingest": "private", "relay": "private", "lookup": "key", "returns": "key"},
    "lmtp": {"ingest": "public", "returns": "key"},
}
_SYMMETRIC: tuple[Name, ...] = ("storage", "lookup", "returns")
_PAIRS: tuple[Name, ...] = ("ingest", "relay")


class KeyringUnusable(KeyMissing):
    """The keyring cannot be read; `reason` is a sentence for operators, never for pages."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def new_set() -> dict[Role, StoredKeyring]:
    """Make a fresh keyring for every role, all of one set."""
    ids: dict[Name, str] = {name: _new_id(name) for name in NAMES}
    symmetric = {name: os.urandom(32) for name in _SYMMETRIC}
    pairs = {name: _new_pair() for name in _PAIRS}
    return {role: _for_role(role, ids, symmetric, pairs) for role in ROLES}


def _for_role(
    role: Role, ids: dict[Name, str], symmetric: dict[Name, bytes], pairs: dict[Name, Pair]
) -> StoredKeyring:
    sections: dict[str, Any] = {}
    for name, half in _HELD[role].items():
        value: bytes | Pair = symmetric[name] if half == "key" else pairs[name]
        if isinstance(value, Pair) and half == "public":
            value = Pair(value.public)
        sections[name] = {ids[name]: value}
    return StoredKeyring(active={name: ids[name] for name in _HELD[role]}, **sections)


def joined(*keyrings: StoredKeyring) -> StoredKeyring:
    """Put several roles into one keyring: for a demo's single process, and for tests."""
    merged = StoredKeyring(active={})
    for keyring in keyrings:
        merged = StoredKeyring(
            active={**merged.active, **keyring.active},
            storage={**merged.storage, **keyring.storage},
            lookup={**merged.lookup, **keyring.lookup},
            ingest=_fuller(merged.ingest, keyring.ingest),
            relay=_fuller(merged.relay, keyring.relay),
            returns={**merged.returns, **keyring.returns},
        )
    return merged


def _fuller(one: Mapping[str, Pair], other: Mapping[str, Pair]) -> dict[str, Pair]:
    pairs = dict(one)
    for key_id, pair in other.items():
        if key_id not in pairs or pair.private is not None:
            pairs[key_id] = pair
    return pairs


# --- Text and file --------------------------------------------------------


def to_text(keyring: StoredKeyring) -> str:
    """Return the keyring as JSON, keys in base64."""
    document: dict[str, Any] = {"format": FORMAT}
    for name, active in sorted(keyring.active.items()):
        keys = {key_id: _written(key) for key_id, key in getattr(keyring, name).items()}
        document[name] = {"active": active, "keys": keys}
    return json.dumps(document, indent=2) + "\n"


def from_text(text: str) -> StoredKeyring:
    """Read JSON made by `to_text`; KeyringUnusable says what is wrong with it."""
    try:
        document = json.loads(text)
        if document.pop("format", None) != FORMAT:
            raise KeyringUnusable(f"The keyring is not of format {FORMAT}.")
        active: dict[Name, str] = {}
        sections: dict[str, Any] = {}
        for name in NAMES:
            if name in document:
                section = document.pop(name)
                active[name] = section["active"]
                sections[name] = {i: _read_key(name, key) for i, key in section["keys"].items()}
                if active[name] not in sections[name]:
                    raise KeyringUnusable(f"The keyring has no {name} key {active[name]}.")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise KeyringUnusable("The keyring is not the JSON that `keyring new` writes.") from None
    if document:
        raise KeyringUnusable("The keyring has a section of an unknown name.")
    return StoredKeyring(active=active, **sections)


def read(path: Path) -> StoredKeyring:
    """Read a key file; KeyringUnusable if it is not there, not ours, or open to others."""
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise KeyringUnusable(f"The keyring {path} cannot be read: {why}.") from None
    if mode & 0o077:
        raise KeyringUnusable(f"The keyring {path} has mode {mode:04o}; make it 0600.")
    return from_text(text)


def write(path: Path, keyring: StoredKeyring) -> None:
    """Replace a key file in one step, on disk before this returns, for its owner only.

    KeyringUnusable where it cannot be written: the old file is whole.
    """
    write_all({path: keyring})


def write_all(keyrings: Mapping[Path, StoredKeyring]) -> None:
    """Replace key files in this order; none is, unless all could be written beside them first."""
    staged: dict[Path, Path] = {}
    try:
        for path, keyring in keyrings.items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            staged[path] = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            _stage(staged[path], keyring, path)
        for path, fresh in staged.items():
            fresh.replace(path)
            _sync_folder(path.parent)
    except OSError as error:
        raise KeyringUnusable(
            f"{error.filename or 'A key file'} cannot be written: {error.strerror}. "
            "The files that were there are whole."
        ) from None
    finally:
        for fresh in staged.values():
            fresh.unlink(missing_ok=True)


def _stage(fresh: Path, keyring: StoredKeyring, path: Path) -> None:
    """Write a file beside the one it will replace, on disk and with its owner."""
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(to_text(keyring))
        file.flush()
        os.fsync(file.fileno())
    if path.exists() and os.geteuid() == 0:
        # root rotates the keys of a service, and the service must still read them.
        os.chown(fresh, path.stat().st_uid, path.stat().st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _written(key: bytes | Pair) -> str | dict[str, str]:
    if isinstance(key, bytes):
        return b64encode(key).decode()
    halves = {"public": b64encode(key.public).decode()}
    if key.private is not None:
        halves["private"] = b64encode(key.private).decode()
    return halves


def _read_key(name: str, value: Any) -> bytes | Pair:
    if name in _SYMMETRIC:
        return _decoded(value, 32)
    private = value.get("private")
    return Pair(
        _decoded(value["public"], hpke.PUBLIC_KEY_BYTES),
        None if private is None else _decoded(private, hpke.PRIVATE_KEY_BYTES),
    )


def _decoded(value: str, length: int) -> bytes:
    key = b64decode(value, validate=True)
    if len(key) != length:
        raise KeyringUnusable("The keyring has a key of a wrong length.")
    return key


# --- A set in a folder ----------------------------------------------------


def write_new_set(folder: Path) -> None:
    """Write the three files of a new set; FileExistsError rather than overwrite a key."""
    for role in ROLES:
        if (folder / f"{role}.json").exists():
            raise FileExistsError(folder / f"{role}.json")
    for role, keyring in new_set().items():
        write(folder / f"{role}.json", keyring)


def read_set(folder: Path) -> dict[Role, StoredKeyring]:
    """Read the files of a set that are in this folder (a machine may have only its own)."""
    return {
        role: read(folder / f"{role}.json") for role in ROLES if (folder / f"{role}.json").exists()
    }


def holders(folder: Path, name: Rotated) -> list[Role]:
    """Tell which files of the folder have keys of this name."""
    return [role for role, keyring in read_set(folder).items() if name in keyring.active]


def add_key(folder: Path, name: Rotated) -> str:
    """Give every file of the set a new key of this name and make it active; return its id.

    Files that open are written before files that only seal, so that a process
    never seals to a key that no worker has yet. Where that was cut off between two files,
    the key that some have is given to the others, and no further one is made.
    """
    with _alone(folder):
        return _added(folder, name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Whoever else changes this set waits: read and written at once, a new key would be lost.

    Let go when the process ends, however it does.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise KeyringUnusable(f"{folder} cannot be read: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _added(folder: Path, name: Rotated) -> str:
    held = {role: one for role, one in read_set(folder).items() if name in _HELD[role]}
    key_id, key = _cut_off(held, name) or (_new_id(name), _fresh(name))
    changed: dict[Path, StoredKeyring] = {}
    for role, keyring in held.items():
        half = _HELD[role][name]
        mine = Pair(key.public) if isinstance(key, Pair) and half == "public" else key
        section = {**getattr(keyring, name), key_id: mine}
        active = replace(keyring, active={**keyring.active, name: key_id})
        changed[folder / f"{role}.json"] = replace(active, **{name: section})
    write_all(changed)
    return key_id


def _cut_off(held: Mapping[Role, StoredKeyring], name: Rotated) -> tuple[str, bytes | Pair] | None:
    """The key that a rotation gave to the first files and not to the last; None: all agree."""
    ids = {keyring.active.get(name) for keyring in held.values()}
    if len(ids) < 2:
        return None
    # ROLES is the order of writing: the first file has the newest key.
    first = next(iter(held.values()))
    key: bytes | Pair = getattr(first, name)[first.active[name]]
    is_whole = not isinstance(key, Pair) or key.private is not None
    return (first.active[name], key) if is_whole else None


def _fresh(name: Rotated) -> bytes | Pair:
    return _new_pair() if name in _PAIRS else os.urandom(32)


def complete(folder: Path) -> list[Role]:
    """Give files of an older version the returns key they lack; return which were changed.

    It must be the same in all of them: KeyringUnusable where a file that should have it is
    not in this folder, so that nobody makes two.
    """
    with _alone(folder):
        return _completed(folder)


def _completed(folder: Path) -> list[Role]:
    held = read_set(folder)
    lacking = [
        role
        for role, keyring in held.items()
        if "returns" in _HELD[role] and "returns" not in keyring.active
    ]
    if not lacking:
        return []
    theirs = next((one for one in held.values() if "returns" in one.active), None)
    if theirs is None:
        away = [role for role in ROLES if "returns" in _HELD[role] and role not in held]
        if away:
            raise KeyringUnusable(f"{away[0]}.json is not in {folder}; complete a set as a whole.")
        key_id = _new_id("returns")
        theirs = StoredKeyring(active={"returns": key_id}, returns={key_id: os.urandom(32)})
    for role in lacking:
        active: dict[Name, str] = {**held[role].active, "returns": theirs.active["returns"]}
        changed = replace(held[role], active=active, returns=theirs.returns)
        write(folder / f"{role}.json", changed)
    return lacking


def drop_key(folder: Path, name: Rotated, key_id: str) -> None:
    """Take a key out of every file of the set. What is still under it is lost."""
    with _alone(folder):
        changed: dict[Path, StoredKeyring] = {}
        for role, keyring in read_set(folder).items():
            section = {i: key for i, key in getattr(keyring, name).items() if i != key_id}
            if section != getattr(keyring, name):
                changed[folder / f"{role}.json"] = replace(keyring, **{name: section})
        write_all(changed)


def _new_id(name: str) -> str:
    return f"{name}-{secrets.token_hex(4)}"


def _new_pair() -> Pair:
    private = hpke.new_private_key()
    return Pair(hpke.public_key_of(private), private)


class KeyFile:
    """A source for `keyring.use_source`: reads the file at first use and when it has changed.

    So a rotation reaches running processes. A file that has become unreadable
    does not stop a process that already has its keys; the log says so.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stamp: tuple[int, int] | None = None
        self._keyring: StoredKeyring | None = None

    def __call__(self) -> StoredKeyring:
        try:
            status = self.path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if self._keyring is None or stamp != self._stamp:
                self._keyring, self._stamp = read(self.path), stamp
        except (OSError, KeyringUnusable) as error:
            if self._keyring is None:
                raise (
                    error
                    if isinstance(error, KeyringUnusable)
                    else KeyringUnusable(
                        f"The keyring {self.path} cannot be read: {error.strerror}."
                    )
                ) from None
            log.warning("The keyring has become unreadable; the keys already read stay in use.")
        return self._keyring


class KeyText:
    """A source that reads a keyring given as text (the environment), once, at first use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._keyring: StoredKeyring | None = None

    def __call__(self) -> StoredKeyring:
        if self._keyring is None:
            self._keyring = from_text(self._text)
        return self._keyring
