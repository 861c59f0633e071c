"""Working days: neither Saturday nor Sunday nor a public holiday."""

from __future__ import annotations

from datetime import date, timedelta

DAY = timedelta(days=1)


class Workdays:
    """The working days of a customer whose public holidays are named."""

    def __init__(self, holidays: tuple[date, ...] = ()) -> None:
        self._holidays = frozenset(holidays)

    def working(self, day: date) -> bool:
        """Whether people work that day."""
        return day.weekday() < 5 and day not in self._holidays

    def on_or_after(self, day: date) -> date:
        """The day itself, or the next on which people work."""
        while not self.working(day):
            day += DAY
        return day

    def after(self, day: date, count: int) -> date:
        """The working day that is `count` working days after a day; before it for a negative count."""
        step = DAY if count >= 0 else -DAY
        for _ in range(abs(count)):
            day += step
            while not self.working(day):
                day += step
        return day

    def last_of(self, first: date, count: int) -> date:
        """The last day of work that takes `count` working days and begins on `first`, itself a working day."""
        return self.after(first, count - 1)


def months_after(day: date, count: int) -> date:
    """The same day so many months later; the 28th where the month may be too short for it."""
    years, month = divmod(day.month - 1 + count, 12)
    return date(day.year + years, month + 1, min(day.day, 28))
