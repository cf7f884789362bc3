"""The words by which a change of substance is told from a change of wording.

Whatever is not listed here counts: a word that no list knows to be light or equal to another is one that may matter in
a sentence that orders something. So a gap in these lists shows a change too many, never one too few.
"""

from __future__ import annotations

VERSION = 1
"""Of everything that goes into a fingerprint: passages made with another one must be made anew from the text."""

LIGHT = frozenset(
    """
    a an the this that these those it its they them their theirs he him his she her hers who whom whose which there here
    of in on at to for with as into onto upon about and also both then so too very than such itself themselves
    is are was were be been being am do does did has have had having
    if where when whenever whilst while whereby whether
    therefore however thus hence furthermore moreover additionally addition please etc eg ie example
    respect regard regarding relation relating instance purpose
    per namely overall clearly fully properly simply basically accordingly likewise
    """.split()
)
"""Words that carry a sentence without ordering anything; a condition shows in what is said, not in its "if"."""

FORCE = frozenset({"must", "shall", "should", "will", "may", "can", "could", "would", "might"})
"""Words that say how strongly something is required; each counts by itself."""

PHRASED_FORCE = ("has-to", "needs-to", "to-be", "required", "responsible", "ensure", "expected", "duty-of")
"""What phrases that require something are written as, see PHRASES."""

DUTY = frozenset({"must", "shall", "should", "will", *PHRASED_FORCE})
"""Words that make a passage one that requires something."""

NEGATION = frozenset({"not", "no", "never", "none", "nor", "neither", "without", "non", "nobody", "nothing"})

CONDITION = frozenset(
    """
    unless except only until before after since or either within from by against during once at-once asap promptly
    or-more or-less more-than less-than at-least at-most every some
    """.split()
)
"""Words that say when, for whom or how far something holds."""

STATES = frozenset(
    {"lookedafter", "high", "medium", "low", "red", "amber", "green", "serious", "significant", "urgent"}
)
"""Words that say which children or how grave: they count as conditions do."""

ROLES = frozenset(
    """
    police officer manager worker practitioner coordinator director chair carer parent guardian family team service
    head lead supervisor staff administrator analyst commissioner doctor nurse teacher school ofsted authority council
    board panel hub unit partnership agency professional provider home department sergeant inspector mash edt iro lado
    reviewer representative secretary adviser advisor advocate caseworker keyworker deputy colleague sw rhm
    caregiver solicitor court hospital volunteer
    """.split()
)
"""Nouns by which people and bodies are called, as stems."""

EQUAL = {
    **dict.fromkeys(("inform", "notify", "notifi", "tell", "told", "advise", "advis"), "inform"),
    **dict.fromkeys(("commence", "commenc", "begin", "began", "begun", "start"), "start"),
    **dict.fromkeys(("utilise", "utilis", "use", "us", "used"), "use"),
    **dict.fromkeys(
        (
            "undertake",
            "undertak",
            "undertaken",
            "undertook",
            "conduct",
            "perform",
            "carry-out",
            "carried-out",
        ),
        "carry-out",
    ),
    **dict.fromkeys(("ask", "request"), "ask"),
    **dict.fromkeys(("obtain", "get", "got", "gather", "collect"), "obtain"),
    **dict.fromkeys(("arrange", "arrang", "organise", "organis"), "arrange"),
    **dict.fromkeys(("discover", "find-out", "found-out", "establish", "ascertain"), "ascertain"),
    **dict.fromkeys(("occur", "happen"), "happen"),
    **dict.fromkeys(("assist", "help"), "help"),
    **dict.fromkeys(("annual", "annually", "yearly"), "yearly"),
    **dict.fromkeys(("seek", "sought"), "seek"),
    **dict.fromkeys(("send", "sent"), "send"),
    **dict.fromkeys(("held", "hold"), "hold"),
    **dict.fromkeys(("mak", "made", "make"), "make"),
    **dict.fromkeys(("tak", "taken", "took", "take"), "take"),
    **dict.fromkeys(("given", "gave", "give", "giv"), "give"),
    **dict.fromkeys(("written", "write", "writ", "wrote"), "write"),
    **dict.fromkeys(("swiftly", "quickly", "speedily"), "quickly"),
    **dict.fromkeys(("suitable", "appropriate"), "appropriate"),
    **dict.fromkeys(("identifi", "identify"), "identify"),
    **dict.fromkeys(("maintain", "kept", "keep"), "keep"),
}
"""Stems that say the same; the right side stands for all of them."""

PASSIVES = frozenset(
    """
    sent held made taken given told written seen found known kept met paid put set brought drawn shown led done begun
    chosen understood left put undertaken sought overseen carried-out found-out
    """.split()
)
"""Participles that do not end in -ed."""

NUMBERS = {
    word: number
    for number, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty""".split()
    )
} | {word: tens * 10 for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), 3)}

ORDINALS = {
    word: f"{number}{'st nd rd'.split()[number - 1] if number < 4 else 'th'}"
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1
    )
}

UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "hours"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "minutes"),
    **dict.fromkeys(("day", "days"), "days"),
    **dict.fromkeys(("week", "weeks"), "weeks"),
    **dict.fromkeys(("month", "months"), "months"),
    **dict.fromkeys(("year", "years"), "years"),
    **dict.fromkeys(("time", "times"), "times"),
    **dict.fromkeys(("occasion", "occasions"), "times"),
    **dict.fromkeys(("episode", "episodes"), "episodes"),
    **dict.fromkeys(("session", "sessions"), "sessions"),
    **dict.fromkeys(("percent", "pc"), "percent"),
}
"""Units of limits and counts, by how they are written."""

PERIODS = frozenset(
    {
        "daily",
        "weekly",
        "fortnightly",
        "monthly",
        "quarterly",
        "yearly",
        "annually",
        "termly",
        "nightly",
        "hourly",
    }
)

PHRASES: tuple[tuple[str, str], ...] = (
    # as they stand in a text of small letters, digits and single spaces; the first that fits is taken
    (r"looked after", "lookedafter"),
    (r"as soon as (?:is )?(?:reasonably )?(?:possible|practicable|practical|they can)", "asap"),
    (r"immediately|straight ?away|at once|without delay|forthwith", "at-once"),
    (r"prior to|ahead of", "before"),
    (r"in order to|so as to|with a view to", "to"),
    (r"by means of|via", "by"),
    (r"(?:is|are|was|were|be) responsible", "responsible"),
    (r"(?:has|have) a duty|(?:is|are) under a duty", "duty-of"),
    (r"(?:has|have|had) to", "has-to"),
    (r"needs? to", "needs-to"),
    (r"(?:is|are) required to|(?:is|are) obliged to", "required to"),
    (r"(?:is|are) expected to|it (?:is|would be) expected that", "expected to"),
    (r"(?:is|are) to be|to be (?=\w+ed\b)", "to-be"),
    (r"mak(?:e|es|ing) (?:sure|certain)|made sure|ensures|ensuring|ensured", "ensure"),
    (r"carry out|carries out|carrying out", "carry-out"),
    (r"carried out", "carried-out"),
    (r"find out|finds out|finding out", "find-out"),
    (r"found out", "found-out"),
    (r"he or she|he she|him or her|him her", "they"),
    (r"his or her|his her", "their"),
    (
        r"in the event (?:that|of)|in cases? (?:where|in which|whereby|of)|on condition that|provided that",
        "if",
    ),
    (
        r"with (?:regard|respect|reference) to|in (?:relation|respect|regard|regards) (?:to|of)|in connection with",
        "about",
    ),
    (r"for example|for instance|such as|that is to say", "eg"),
    (r"in addition to|as well as|together with|along with", "and"),
    (r"as well", "also"),
    (r"due to the fact that|owing to", "because"),
    (
        r"or (?:more|over|longer|above)|and (?:over|above)|(?<=\d )plus|(?<=hours )plus|(?<=days )plus",
        "or-more",
    ),
    (r"or (?:less|fewer|under|below)", "or-less"),
    (r"(?:more|greater|longer|later) than|in excess of|over (?=\d)|exceeding", "more-than"),
    (r"(?:less|fewer|shorter|earlier) than|under (?=\d)", "less-than"),
    (r"(?:at least|a minimum of|no (?:less|fewer) than|at the earliest)", "at-least"),
    (r"(?:at most|up to|a maximum of|no (?:more|later|longer) than|at the latest)", "at-most"),
    (
        r"child(?:ren)?(?: or| and)? young (?:person|people)|young (?:person|people)|youngsters?|children",
        "child",
    ),
    (r"all|every|each|any", "every"),
    (r"twice", "2 times"),
    (r"(?<!at )once (?=in |a |per |every )", "1 times "),
    (r"and or|or", "or"),
)
