"""The words with which a link leaves by e-mail. They name no child: only the council, the request and whom to call.

The link's secret is made at the moment of sending and kept nowhere: a message that is tried again carries a new one.
"""

from __future__ import annotations

import re

import sqlalchemy as sa

from engine.clock import local
from engine.services.desk import Desk, InvalidAnswers, NotFound
from engine.services.outside import links
from engine.store.tables import CaseRecord, Notice, OutsideRequest

NOTICE = "outside_request"
REMINDER = "outside_reminder"
SUBJECTS = {
    NOTICE: "A request from {council}: {reference}",
    REMINDER: "Reminder of a request from {council}: {reference}",
}
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z]{2,}")
BODY = """{council} asks you to answer one request. Its number is {reference}.

Open this link to see what is asked and to answer. It is for this request only, and for you or your team:
{link}

{until}
{code}
If you have a question, or think that this message is not for you, call {asker} on {telephone}.

If a child is in danger now, call 999. Nobody reads answers to this message.
"""


def checked_address(text: str) -> str:
    """Return an e-mail address to which a link may go; raise InvalidAnswers for anything else."""
    address = text.strip()
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise InvalidAnswers({"address": "is no e-mail address"})
    return address


def wording(desk: Desk, notice: Notice) -> tuple[str, str]:
    """Return subject and body of a notice that carries a link, with a new link in it.

    Raises NotFound where the request cannot be answered any more: there is nothing to send.
    """
    found = desk.session.execute(
        links.with_standing().where(OutsideRequest.id == notice.outside_request_id)
    ).one_or_none()
    if found is None:
        raise NotFound("there is no such request")
    stands = links.standing(found, desk.now())
    request = stands.request
    if stands.why:
        raise NotFound(f"the request can no longer be answered: {links.NO_LONGER[stands.why].lower()}")
    words = {
        "council": desk.council.name,
        "reference": stands.reference,
        "link": address_of(desk, links.new_token(desk, request)),
        "until": f"Please answer by {local(request.answer_by or request.expires_at):%A %-d %B %Y, %H:%M}. "
        f"The link works until {local(request.expires_at):%A %-d %B %Y, %H:%M}, and once.",
        "code": f"{request.asker} tells you a code by telephone: the page asks for it.\n"
        if request.code_hash
        else "",
        "asker": request.asker,
        "telephone": request.telephone,
    }
    return notice.subject or _filled(SUBJECTS[notice.notice], words), _filled(BODY, words)


def address_of(desk: Desk, token: str) -> str:
    """Return the address of the page that a link opens."""
    return f"{desk.settings.base_url}/outside/{token}"


def subject(desk: Desk, request: OutsideRequest, notice: str) -> str:
    """Return the subject of a message that carries a request's link."""
    reference = desk.session.scalar(sa.select(CaseRecord.reference).where(CaseRecord.id == request.case_id))
    words = {"council": desk.council.name, "reference": f"{reference}/{request.number}"}
    return _filled(SUBJECTS[notice], words)


def _filled(text: str, words: dict[str, str]) -> str:
    # in one pass, so that no word that was put in is read as a placeholder; a header has one line
    return re.sub(r"\{(\w+)\}", lambda found: words[found[1]], text)
