"""The packs that cases run on: each version stored whole, for ever, and read once in a process.

A version is in force from the day that its newest publication names; a case keeps the version it started with. Files are
kept as they were read, so that a version's hash can be worked out again from what is stored.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import date, datetime
from threading import Lock

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from engine.errors import HomewardError
from engine.pack.model import Pack
from engine.pack.read import read_files
from engine.store.packed import pack_bytes, unpack_bytes
from engine.store.tables import Council, PackBeside, PackVersion, Publication

KEPT = 24
"""How many packs a process keeps in memory."""

_read: OrderedDict[str, Pack] = OrderedDict()
_guard = Lock()


class NoPack(HomewardError):
    """The council has no procedure in force."""


def pack_of(session: Session, pack_id: int, digest: str) -> Pack:
    """Return the pack of a stored version, from memory or from its files; raise NoPack where they do not fit."""
    with _guard:
        if digest in _read:
            _read.move_to_end(digest)
            return _read[digest]
    files = session.scalar(sa.select(PackVersion.files).where(PackVersion.id == pack_id))
    if files is None:
        raise NoPack(f"the procedure {digest[:12]} is not stored in this database")
    pack = read_files(_to_files(files))
    if pack.hash != digest:
        raise NoPack(f"the stored procedure {digest[:12]} is damaged: its files give {pack.hash[:12]}")
    keep(pack)
    return pack


def keep(pack: Pack) -> None:
    """Keep a pack in memory."""
    with _guard:
        _read[pack.hash] = pack
        _read.move_to_end(pack.hash)
        while len(_read) > KEPT:
            _read.popitem(last=False)


def add_version(session: Session, pack: Pack, at: datetime) -> PackVersion:
    """Store a version of the transaction's council's pack, in force for nobody yet; equal files are one version."""
    found = session.scalar(sa.select(PackVersion).where(PackVersion.hash == pack.hash))
    if found is None:
        found = PackVersion(
            hash=pack.hash,
            title=pack.title,
            edition=pack.edition,
            effective=pack.effective,
            stored_at=at,
            files=_from_files(dict(pack.files)),
        )
        session.add(found)
        session.flush()
    keep(pack)
    return found


def store(
    session: Session, pack: Pack, at: datetime, beside: Mapping[str, bytes] | None = None
) -> PackVersion:
    """Store a version that comes from outside (a folder of files): it is in force from the day that it names itself.

    `beside` are the files that decide nothing: stories, the change log.
    """
    found = add_version(session, pack, at)
    if session.scalar(sa.select(Publication.id).where(Publication.pack_id == found.id).limit(1)) is None:
        session.add(
            Publication(
                pack_id=found.id, effective=pack.effective, at=at, name="system", note="Loaded from files"
            )
        )
        session.flush()
    if beside is not None:
        put_beside(session, found.id, beside, at)
    return found


def put_beside(session: Session, pack_id: int, files: Mapping[str, bytes], at: datetime) -> None:
    """Keep what lies beside a version in place of what lay there."""
    kept = session.get(PackBeside, pack_id)
    packed = _from_files(dict(files))
    if kept is None:
        session.add(PackBeside(pack_id=pack_id, files=packed, at=at))
    else:
        kept.files, kept.at = packed, at
    session.flush()


def beside(session: Session, pack_id: int) -> dict[str, bytes]:
    """Return what lies beside a version, by path: stories, the change log, and what else decides nothing."""
    stored = session.scalar(sa.select(PackBeside.files).where(PackBeside.pack_id == pack_id))
    return {} if stored is None else _to_files(stored)


def find_version(session: Session, beginning: str) -> PackVersion | None:
    """Return the version whose hash begins so, without its files; None where there is none, or more than one."""
    found = session.scalars(
        sa.select(PackVersion)
        .where(PackVersion.hash.startswith(beginning, autoescape=True))
        .options(defer(PackVersion.files))
        .limit(2)
    ).all()
    return found[0] if len(found) == 1 else None


def in_force(session: Session, on: date) -> tuple[int, Pack]:
    """Return the version of the transaction's council that a case starting on `on` runs; raise NoPack for none."""
    row = session.execute(
        sa.select(PackVersion.id, PackVersion.hash)
        .join(Publication, Publication.pack_id == PackVersion.id)
        .where(Publication.effective <= on, PackVersion.retired_at.is_(None))
        .order_by(Publication.effective.desc(), Publication.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NoPack(
            "no procedure of this council is in force: publish one (homeward up loads those in processes/)"
        )
    return row.id, pack_of(session, row.id, row.hash)


def set_up_council(session: Session, pack: Pack, *, demonstration: bool = False) -> Council:
    """Return the council of a pack, made if it is new. Its references begin with two or three letters of its id."""
    found = session.scalar(sa.select(Council).where(Council.code == pack.id))
    if found is None:
        taken = set(session.scalars(sa.select(Council.short)))
        found = Council(
            code=pack.id, name=pack.name, short=_short(pack.id, taken), demonstration=demonstration
        )
        session.add(found)
        session.flush()
    return found


def _short(code: str, taken: set[str]) -> str:
    words = code.upper().split("-")
    letters = "".join(words)
    wanted = ["".join(word[0] for word in words)] if len(words) > 1 else []
    wanted += [letters[:2], letters[:3], letters[:4], *(f"{letters[:2]}{number}" for number in range(2, 100))]
    return next(short for short in wanted if short not in taken)


def _from_files(files: dict[str, bytes]) -> bytes:
    return pack_bytes(orjson.dumps({path: data.decode("latin-1") for path, data in sorted(files.items())}))


def _to_files(stored: bytes) -> dict[str, bytes]:
    files: dict[str, str] = orjson.loads(unpack_bytes(stored))
    return {path: data.encode("latin-1") for path, data in files.items()}
