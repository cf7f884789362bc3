"""Children's returns, and what became of the interview that the procedure asks for after each.

What is counted is the return, by the moment the child was really back, because that is when the 72 hours begin: a return
learnt of late counts in the month in which it happened. (The figures of a period count duties by when they were raised.)
"""

from __future__ import annotations

from engine.reports.cube import Cube

AGE_BAND = """(ARRAY['00-09', '10-12', '13-15', '16-17', '18+'])[
       1 + width_bucket(extract(year FROM age({day}, {born})), ARRAY[10, 13, 16, 18]::numeric[])]"""
"""Bands of completed years on a local day; who was born on 29 February completes a year on 1 March."""

_ROWS = f"""
SELECT *,
       CASE WHEN NOT due THEN NULL
            WHEN offers_done OR held_n > 0 OR refused_n > 0 OR not_engaged_n > 0 OR accepted_fact IS NOT NULL THEN 'yes'
            WHEN offers_open THEN 'not_yet' END AS offered,
       CASE WHEN NOT due THEN NULL
            WHEN held_n > 0 THEN 'accepted'
            WHEN accepted_fact = 'false' OR last_answer = 'refused' THEN 'declined'
            WHEN last_answer = 'not_engaged' THEN 'not_engaged'
            WHEN accepted_fact = 'true' THEN 'accepted' END AS answer,
       CASE WHEN NOT due THEN NULL
            WHEN held_at < at THEN 'contradicts'
            WHEN held_at <= at + interval '72 hours' THEN 'within'
            WHEN held_at IS NOT NULL OR :now > at + interval '72 hours' THEN 'not_within'
            ELSE 'running' END AS hours_72
FROM (
SELECT e.case_id, c.reference, e.child_id, e.returned_at AS at, e.category AS what,
       to_char(e.returned_at AT TIME ZONE 'Europe/London', 'YYYY-MM') AS month,
       c.facts ->> 'child.legal_status' AS legal_status,
       c.facts ->> 'placement.type' AS placement,
       c.facts ->> 'placement.area' AS area,
       h.sex,
       {AGE_BAND.format(born="h.birth_date", day="(e.returned_at AT TIME ZONE 'Europe/London')::date")} AS age,
       c.facts ->> 'interview.accepted' AS accepted_fact,
       l.*,
       CASE WHEN l.held_n = 1 AND (c.facts ->> 'interview.held_at')::timestamptz <= l.recorded_at
            THEN (c.facts ->> 'interview.held_at')::timestamptz ELSE l.recorded_at END AS held_at
FROM episode e
JOIN child h ON h.id = e.child_id
LEFT JOIN case_record c ON c.id = e.case_id
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE hold AND outcome <> 'withdrawn') > 0 AS due,
         count(*) FILTER (WHERE hold AND outcome IN ('done', 'done_late')) AS held_n,
         count(*) FILTER (WHERE hold AND outcome = 'refused') AS refused_n,
         count(*) FILTER (WHERE hold AND outcome = 'not_engaged') AS not_engaged_n,
         min(done) FILTER (WHERE hold AND outcome IN ('done', 'done_late')) AS recorded_at,
         count(*) FILTER (WHERE hold AND outcome IN ('done', 'done_late') AND done <= limit_at) > 0 AS in_limit,
         (array_agg(outcome ORDER BY number DESC)
            FILTER (WHERE hold AND outcome IN ('refused', 'not_engaged')))[1] AS last_answer,
         (array_agg(role ORDER BY number DESC) FILTER (WHERE hold AND outcome <> 'withdrawn'))[1] AS role,
         count(*) FILTER (WHERE NOT hold AND outcome IN ('done', 'done_late')) > 0 AS offers_done,
         count(*) FILTER (WHERE NOT hold AND outcome = 'open') > 0 AS offers_open
  FROM (SELECT number, outcome, role, done, due AS limit_at, obligation = 'hold_return_interview' AS hold
        FROM ledger_entry
        WHERE case_id = e.case_id AND obligation IN ('hold_return_interview', 'offer_return_interview')
          AND outcome <> 'superseded') own
) l
WHERE e.returned_at >= :since AND e.returned_at < :until AND c.voided_at IS NULL
) told
"""  # noqa: S608 (the program's own words)

RETURNS = Cube(
    rows=_ROWS,
    measures={
        "returns": "true",
        "no_record": "case_id IS NULL",
        "none_due": "case_id IS NOT NULL AND NOT due",
        "due": "due",
        "offered": "offered = 'yes'",
        "not_yet_offered": "offered = 'not_yet'",
        "offer_unknown": "due AND offered IS NULL",
        "accepted": "answer = 'accepted'",
        "declined": "answer = 'declined'",
        "not_engaged": "answer = 'not_engaged'",
        "answer_unknown": "due AND answer IS NULL",
        "held": "due AND held_n > 0",
        "within_72": "hours_72 = 'within'",
        "not_within_72": "hours_72 = 'not_within'",
        "held_after_72": "hours_72 = 'not_within' AND held_n > 0",
        "running_72": "hours_72 = 'running'",
        "unknown_72": "hours_72 = 'contradicts'",
        "in_limit": "due AND in_limit",
    },
    dimensions={
        "month": "month",
        "role": "role",
        "legal_status": "legal_status",
        "age": "age",
        "sex": "sex",
        "placement": "placement",
        "area": "area",
        "category": "what",
    },
)
"""Parameters: `since` (included), `until` (not), `now`, all aware.

`held_at` is when the interview took place, where its form asks for that and the case holds one interview, else when it
was recorded as held. 72 hours are elapsed hours, the end included. A return whose interview lies before it is unknown.
"""
