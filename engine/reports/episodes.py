"""Episodes by when they were reported: the counts that are asked of every council again and again.

The length of an absence runs from its report to the real return, or to the moment of reading while the child is away.
"""

from __future__ import annotations

from engine.reports.cube import Cube
from engine.reports.returns import AGE_BAND

_DAY = "(e.reported_at AT TIME ZONE 'Europe/London')::date"
_ROWS = f"""
SELECT e.id AS episode_id, e.case_id, c.reference, e.child_id, e.reported_at AS at, e.category AS what,
       e.returned_at, e.category,
       to_char(e.reported_at AT TIME ZONE 'Europe/London', 'YYYY-MM') AS month,
       coalesce(c.facts ->> 'child.legal_status', e.facts ->> 'child.legal_status') AS legal_status,
       coalesce(c.facts ->> 'placement.type', e.facts ->> 'placement.type') AS placement,
       coalesce(c.facts ->> 'placement.area', e.facts ->> 'placement.area') AS area,
       coalesce(c.facts ->> 'child.responsible_authority', e.facts ->> 'child.responsible_authority') AS authority,
       h.sex,
       {AGE_BAND.format(born="h.birth_date", day=_DAY)} AS age,
       CASE WHEN e.returned_at < e.reported_at THEN NULL
            WHEN e.returned_at IS NULL THEN 'away'
            WHEN e.returned_at - e.reported_at < interval '6 hours' THEN '00-06'
            WHEN e.returned_at - e.reported_at < interval '24 hours' THEN '06-24'
            WHEN e.returned_at - e.reported_at <= interval '72 hours' THEN '24-72'
            WHEN e.returned_at - e.reported_at <= interval '168 hours' THEN '72-168'
            WHEN e.returned_at - e.reported_at <= interval '672 hours' THEN '168-672'
            ELSE '672+' END AS length
FROM episode e
JOIN child h ON h.id = e.child_id
LEFT JOIN case_record c ON c.id = e.case_id
WHERE e.reported_at >= :since AND e.reported_at < :until AND c.voided_at IS NULL
"""  # noqa: S608 (the program's own words)

EPISODES = Cube(
    rows=_ROWS,
    measures={
        "episodes": "true",
        "missing": "category = 'missing'",
        "other": "category <> 'missing'",
        "away": "returned_at IS NULL",
        "children": "true",
    },
    distinct={"children": "child_id"},
    dimensions={
        "month": "month",
        "category": "what",
        "legal_status": "legal_status",
        "age": "age",
        "sex": "sex",
        "placement": "placement",
        "area": "area",
        "authority": "authority",
        "length": "length",
    },
)
"""Parameters: `since` (included), `until` (not), both aware."""
