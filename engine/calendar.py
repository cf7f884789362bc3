"""Working days and office hours.

Everything here is reckoned on local dates (Europe/London). Elapsed hours never pass through this module:
they do not pause for a weekend, and only limits that the written procedure states in working days are
counted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from importlib.metadata import version as version_of
from typing import Final

import holidays

from engine.clock import LOCAL_ZONE

_REGIONS: Final = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern ireland": "NIR"}
_DAY: Final = timedelta(days=1)
_MAX_DAYS: Final = 40_000
"""More working days than this are no deadline; the bound keeps counting short."""


@lru_cache(maxsize=4096)
def _bank_holidays(region: str, year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("GB", subdiv=_REGIONS[region], years=year, language="en_GB"))


def local_date(moment: date) -> date:
    """Return the local date of a moment; a moment without a zone is taken as local, a date stays itself."""
    if isinstance(moment, datetime):
        return (moment.astimezone(LOCAL_ZONE) if moment.tzinfo else moment).date()
    return moment


@dataclass(frozen=True)
class WorkingCalendar:
    """Monday to Friday less the region's bank holidays and the days given besides; `opens` and `closes` are local."""

    region: str = "england"
    opens: time = time(9)
    closes: time = time(17)
    extra_holidays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.region not in _REGIONS:
            raise ValueError(
                f"no bank holidays are known for {self.region}: use one of {', '.join(_REGIONS)}"
            )
        if self.opens >= self.closes:
            raise ValueError(f"the office would close at {self.closes}, before it opens at {self.opens}")
        object.__setattr__(self, "extra_holidays", tuple(sorted(set(self.extra_holidays))))

    @cached_property
    def version(self) -> str:
        """Name what the reckoning rests on; recorded with every act so that a replay can give the same result."""
        extra = "".join(f"+{day.isoformat()}" for day in self.extra_holidays)
        hours = f"{self.opens:%H:%M}-{self.closes:%H:%M}"
        return f"holidays {version_of('holidays')} {self.region} {hours}{extra}"

    def holiday(self, day: date) -> str | None:
        """Return the name of the holiday on a date, None when it is none."""
        if day in self.extra_holidays:
            return "Council closed"
        return _bank_holidays(self.region, day.year).get(day)

    def is_working_day(self, day: date) -> bool:
        """Tell whether the local date of a date or moment is a working day."""
        on = local_date(day)
        return on.weekday() < 5 and self.holiday(on) is None

    def working_days_after(self, start: date, days: int) -> date:
        """Return the date of the n-th working day after the local date of `start`.

        Day 0 is that date itself, working day or not; a negative number counts back. Raises ValueError for
        more days than any deadline has.
        """
        if abs(days) > _MAX_DAYS:
            raise ValueError(f"{days} working days are more than any limit: use fewer than {_MAX_DAYS}")
        on = local_date(start)
        step = _DAY if days > 0 else -_DAY
        left = abs(days)
        while left:
            on += step
            left -= self.is_working_day(on)
        return on

    def working_day_of(self, moment: date) -> date:
        """Return the working day to which a moment belongs.

        That is its local date when it is a working day and the moment lies before the office closes (a date
        always does), else the next working day.
        """
        on = local_date(moment)
        if self.is_working_day(on) and not self._after_closing(moment):
            return on
        return self.working_days_after(on, 1)

    def _after_closing(self, moment: date) -> bool:
        return isinstance(moment, datetime) and self._clock(moment) >= self.closes

    @staticmethod
    def _clock(moment: datetime) -> time:
        return (moment.astimezone(LOCAL_ZONE) if moment.tzinfo else moment).time()

    def end_of_working_day(self, moment: date) -> datetime:
        """Return the moment the office closes on the working day to which `moment` belongs."""
        return datetime.combine(self.working_day_of(moment), self.closes, LOCAL_ZONE)

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after the local date of `start` up to and including that of `end`.

        It is negative when `end` comes first, so that `working_days_after(start, n)` is always n from
        `start` for a working day it returns.
        """
        first, last = local_date(start), local_date(end)
        if last < first:
            return -self.working_days_between(last, first)
        if (last - first).days > _MAX_DAYS * 2:
            raise ValueError(f"the dates {first} and {last} are too far apart to count working days")
        return sum(self.is_working_day(first + _DAY * offset) for offset in range(1, (last - first).days + 1))

    def in_office_hours(self, moment: datetime) -> bool:
        """Tell whether the office is open at a moment; the moment it closes is outside."""
        return self.is_working_day(moment) and self.opens <= self._clock(moment) < self.closes

    def skipped(self, start: date, end: date) -> list[tuple[date, str]]:
        """List the days between two dates that are no working days, with why, oldest first.

        `start` itself is left out and `end` is included: what a deadline counted from `start` passed over.
        """
        first, last = local_date(start), local_date(end)
        days: Iterable[date] = (first + _DAY * offset for offset in range(1, (last - first).days + 1))
        return [(day, self.holiday(day) or f"{day:%A}") for day in days if not self.is_working_day(day)]
