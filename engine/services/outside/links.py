"""Links: made at random, kept as a digest, found again before any council is known, and slow to guess.

A link is 32 random bytes, so nobody guesses one; what is counted is who tries. The digest needs no salt and no slow hash
for the same reason. The short code that may go with a link, told by telephone, is six digits: it has a slow hash, and
five wrong ones close the request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import argon2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from engine.services.desk import Desk
from engine.store.tables import Account, CaseRecord, LedgerEntry, OutsideRequest, OutsideToken

TOKEN_BYTES = 32
CODE_DIGITS = 6
MOST_WRONG_CODES = 5
MOST_WRONG_LINKS = 20
"""So many links that lead nowhere may be tried from one address in ten minutes."""
MOST_OPENED = 300
"""So many links may be opened from one address in ten minutes: a police force may stand behind one address."""
HASHER = argon2.PasswordHasher()
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Found:
    """Whose request a link opens."""

    council: str
    request: int


def new_token(desk: Desk, request: OutsideRequest) -> str:
    """Return a new link's secret for a request; only its digest is kept."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    desk.session.add(OutsideToken(digest=digest_of(token), request_id=request.id, made_at=desk.now()))
    desk.session.flush()
    return token


def digest_of(token: str) -> bytes:
    """Return what is kept of a link's secret."""
    return hashlib.sha256(token.encode()).digest()


def new_code() -> tuple[str, str]:
    """Return a code to tell by telephone, and its hash to keep."""
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    return code, HASHER.hash(code)


def code_fits(request: OutsideRequest, code: str) -> bool:
    """Say whether a code is the request's, and count it where it is not."""
    if request.code_hash is None:
        return True
    try:
        return HASHER.verify(request.code_hash, re.sub(r"\s", "", code)[:20])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        request.wrong_codes += 1
        return False


_OPENED = sa.text("SELECT * FROM outside_opened(:token, :address, :moment, :wrong, :most)")


def find(session: Session, token: str, address: str, moment: datetime) -> Found | None:
    """Return whose request a link opens, None for one that leads nowhere or comes from where too many came from.

    Counts the try; the caller commits in either case. What is no link at all is looked up like one.
    """
    shaped = _TOKEN.fullmatch(token) is not None
    digest = digest_of(token if shaped else "")
    row = session.execute(
        _OPENED,
        {
            "token": digest,
            "address": hashlib.blake2b(address.encode(), digest_size=16).hexdigest(),
            "moment": moment,
            "wrong": MOST_WRONG_LINKS,
            "most": MOST_OPENED,
        },
    ).one()
    known = hmac.compare_digest(bytes(row.digest or bytes(32)), digest)
    if not known or not row.allowed:
        return None
    return Found(row.council, row.request_id)


# --- whether a request still waits

WAITS = ""
NO_LONGER = {
    "answered": "Answered",
    "revoked": "Taken back",
    "expired": "The link has run out",
    "codes": "Closed after five wrong codes",
    "account": "Closed: the account of whoever asked is closed",
    "ended": "No longer needed: what was awaited has ended",
    "void": "Closed: the case was opened in error",
}
"""Why a request cannot be answered any more, as people here read it; outside every reason reads the same."""


def why_closed(
    request: OutsideRequest, *, void: bool, entry: str | None, disabled: bool, now: datetime
) -> str:
    """Return why a request cannot be answered any more, as a key of NO_LONGER; empty while it waits.

    `void`: the case was opened in error. `entry` is the outcome of the duty that is awaited, None where none is.
    """
    if request.state == "revoked":
        return "revoked"
    if request.state != "open":
        return "answered"
    if disabled:
        return "account"
    if void:
        return "void"
    if request.kind == "duty" and entry != "open":
        return "ended"
    if request.wrong_codes >= MOST_WRONG_CODES:
        return "codes"
    return WAITS if now < request.expires_at else "expired"


@dataclass(frozen=True)
class Standing:
    """A request as it stands now: its number as people know it, and why it is closed, empty while it waits."""

    request: OutsideRequest
    reference: str
    why: str


def with_standing() -> Any:
    """Select requests with what decides whether they still wait, for `standing`."""
    return (
        sa.select(
            OutsideRequest,
            CaseRecord.reference,
            CaseRecord.voided_at,
            LedgerEntry.outcome,
            Account.disabled_at,
        )
        .join(CaseRecord, CaseRecord.id == OutsideRequest.case_id)
        .join(Account, Account.id == OutsideRequest.created_by)
        .outerjoin(
            LedgerEntry,
            sa.and_(
                LedgerEntry.case_id == OutsideRequest.case_id, LedgerEntry.number == OutsideRequest.entry
            ),
        )
    )


def standing(row: Any, now: datetime) -> Standing:
    """Return a row of `with_standing` as it stands at a moment."""
    request: OutsideRequest = row.OutsideRequest
    why = why_closed(
        request,
        void=row.voided_at is not None,
        entry=row.outcome,
        disabled=row.disabled_at is not None,
        now=now,
    )
    return Standing(request, f"{row.reference}/{request.number}", why)
