"""Leaving out of a text whose names and contact details stand in it.

A passage is the same passage when a post changes hands. Copies of a procedure put a role in square brackets where a
name stood, so a bracket goes the same way as a name; a name is only known as one by where it stands or by its title,
since two words with capitals are more often a team.
"""

from __future__ import annotations

import re

from engine.check.drift.lexicon import ROLES

_TAG = re.compile(r"<(?!https?:)/?[a-zA-Z][^<>]*>")
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]\\]|\\.)*)\]\((?:[^()\s]|\([^()]*\))*\)")
_BRACKETED = re.compile(r"\[[^\[\]]{1,80}\]")
_EMAIL = re.compile(r"\b[\w.+'-]+@[\w-]+(?:\.[\w-]+)+\b")
_URL = re.compile(
    r"<?\bhttps?://[^\s<>]+>?|\bwww\.[^\s<>()]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:co\.uk|org\.uk|gov\.uk|org|com|net)\b(?:/[^\s<>()]*)?"
)
_PHONE = re.compile(r"(?<![\w.])(?:\+44[\s-]?(?:\(0\))?|\(?0)\d(?:[\s()-]{0,2}\d){5,10}(?![\w])")
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b")
_NAME = r"(?:[OD]['’]|Mc|Mac)?[A-Z][a-z]+(?:[-'’][A-Z][a-z]+)*"
_TITLED = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Cllr|Councillor|Prof)\.? (?:[A-Z]\.? ?)?{_NAME}(?: {_NAME})?")
_PERSON = rf"{_NAME}(?: [A-Z]\.?)?(?: {_NAME})? {_NAME}"
_ALONE = re.compile(
    rf"(?P<open>\(\s*|\t)(?P<who>{_PERSON}(?:\s*(?:/|&| and )\s*{_PERSON})*)(?=\s*(?:[),;\t]|$))"
)
_WORD = re.compile(r"[a-z]+")
_ESCAPED = re.compile(r"\\([\\()\[\]_*.#-])")

_NO_NAMES = ROLES | frozenset(
    """
    child children young person people missing return interview meeting strategy protocol procedure plan plans policy act
    order assessment form record report register risk low medium high red amber green safeguarding social care early help
    support youth justice targeted specialist services education health housing community centre street road avenue house
    north south east west greater county city borough district london england wales britain british united kingdom
    national local joint multi single front door first response emergency duty independent reviewing children's leaving
    looked after private fostering foster residential secure accommodation review conference core group network legal
    planning criminal sexual exploitation abuse harm neglect trafficking modern slavery county lines working together
    statutory guidance annual quarterly monthly weekly practice standard standards appendix section chapter part table
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday bank holiday day days hour hours office line manager's strategic operational
    performance quality assurance improvement commissioning corporate governance information data system systems the a an
    of and or in on at to for by is are will must should this that when where if all any no not other each every
    contact referral threshold notification notifications alert alerts email telephone number name date time
    safe well check checks wellbeing welfare mental physical disability disabilities learning absence absent unauthorised
    concerning assistant senior principal chief executive interim acting designated named allocated link outreach
    complex initial final second third framework intervention prevention programme project pathway provision tier level
    """.split()
)
"""Words that names of bodies, documents and times are made of: with one of them, two capitals are no person."""


def without_markup(text: str) -> str:
    """Return the text without tags, the targets of links and escapes; the words of a link stay."""
    return _ESCAPED.sub(r"\1", _LINK.sub(r"\1", _TAG.sub(" ", text)))


GIVEN_NAMES = frozenset(
    """
    aaron abdul abigail adam adrian aisha alan alex alexander alexandra ali alice alison amanda amina amy andrea andrew
    angela anita ann anna anne anthony antony arthur asha ashley barbara ben benjamin bernadette beth bev beverley brian
    bridget callum carl carol caroline catherine charles charlie charlotte cheryl chloe chris christine christopher
    claire clare colin craig daniel danielle darren dave david dawn dean deborah debbie denise derek diana diane donna
    dorothy
    edward eileen elaine eleanor elizabeth ellen emily emma eric fatima fiona frances francis frank gareth gary gavin
    gemma geoff george georgina gillian glen gordon graham hannah harry hassan hayley heather helen henry hilary howard
    hussain ian imran iqbal isabel jack jackie jacqueline jake james jan jane janet janice jason jayne jean jennifer
    jenny jessica jill jim joan joanna joanne joe john jonathan joseph josephine joyce judith julia julian julie karen
    kate katherine kathleen kathryn katie keith kelly kenneth kerry kevin kim laura lauren leanne lee lesley leslie liam
    linda lindsay lisa liz lorraine louise lucy luke lynn lynne marcus margaret maria marie marion mark martin mary
    matthew maureen maxine melanie michael michelle mike mohammed muhammad nadia naomi natalie natasha neil nicholas
    nicola nigel olivia omar pamela patricia patrick paul paula pauline peter philip phillip priya rachel rajesh raymond
    rebecca richard rita robert robin roger ronald rosemary ross roy ruth ryan sally sam samantha samuel sandra sarah
    scott sean sharon sheila shirley simon sonia sophie stacey stella stephanie stephen steve steven stuart sue susan
    suzanne tariq teresa theresa thomas tim timothy tina tom tony tracey tracy vanessa victoria vincent wayne wendy
    william yasmin yvonne zoe
    """.split()
)
"""Common given names: with one of these before it, a capital in a sentence begins a surname."""

_IN_PROSE = re.compile(
    rf"\b(?:{'|'.join(name.capitalize() for name in sorted(GIVEN_NAMES))})(?:-{_NAME})?"
    rf"(?: [A-Z]\.?)?(?: {_NAME})? {_NAME}(?![\w-])"
)
SOMEBODY = " somebody "
"""What stands for each name or detail that was left out: that somebody is named there still counts."""


def without_people(text: str) -> str:
    """Return the text with a mark for each personal name, placeholder for one, address, telephone number and postcode.

    A tab parts the cells of a row.
    """
    for pattern in (_EMAIL, _URL, _POSTCODE, _PHONE, _BRACKETED, _TITLED):
        text = pattern.sub(SOMEBODY, text)
    return _IN_PROSE.sub(_where_given, _ALONE.sub(_where_a_role_is_named, text))


def _where_a_role_is_named(match: re.Match[str]) -> str:
    """Take a name out that stands in brackets behind a role, or in a cell of a row that names one."""
    before = match.string[: match.start()]
    if match["open"] == "\t":
        beside = f"{before.rsplit(chr(9), 1)[-1]} {match.string[match.end() :].split(chr(9), 1)[0]}"
        words = set(_WORD.findall(beside.lower().replace("-", "")))
    else:
        words = set(_WORD.findall(before.lower())[-1:])
    body = any(
        word in _NO_NAMES or word.rstrip("s") in _NO_NAMES for word in _WORD.findall(match["who"].lower())
    )
    return match[0] if body or words.isdisjoint(ROLES) else f"{match['open']}{SOMEBODY}"


def _where_given(match: re.Match[str]) -> str:
    _, *others = _WORD.findall(match[0].lower())
    return match[0] if any(word in _NO_NAMES for word in others) else SOMEBODY
