"""The calendar as a page in Prefect: how days stand and what they cost; each leads to its run, or to a form for one."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.utilities.urls import url_for

from flows.dayruns import newest_runs
from frontispiece.archive.calendar import COUNTS, Day, Mark, calendar
from frontispiece.archive.catalog import Catalog
from frontispiece.archive.spending import Spent, spent_by_day
from frontispiece.dates import Days, month_of
from frontispiece.services import recipe_of
from frontispiece.settings import Settings
from frontispiece.sources import categories_of
from frontispiece.text import counted

MOST_ROWS: Final = 400
"""So many days have rows of their own; of earlier ones each month has one."""
FORMS: Final = {"day": "daily/daily", "days": "backfill/backfill"}
"""Where a day, and where several days are illustrated: parameters, and deployments."""
_BESIDES: Final = [name for name in COUNTS if name != "archived"]
"""What stands behind pictures and dollars, for which there is room in any window."""
_SETTLED: Final = (Mark.DONE, Mark.EMPTY)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that a calendar leads to, where their deployments are known to the server."""

    deployments: Mapping[str, UUID]
    """By the parameter that says which days."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What is filled in besides."""

    @classmethod
    async def found(cls, client: PrefectClient, parameters: Mapping[str, Any]) -> "Forms":
        """Those of the server."""
        there = {}
        for name, deployment in FORMS.items():
            try:
                there[name] = (await client.read_deployment_by_name(deployment)).id
            except ObjectNotFound:
                continue
        return cls(there, parameters)

    def link(self, words: str, name: str, days: str) -> str:
        """The words as a link, in markdown, to the form filled in for these days, where there is one."""
        address = _place("deployment", self.deployments.get(name))
        # Both of Prefect's UIs read this address so.
        filled = quote(json.dumps({name: days, **self.parameters}, separators=(",", ":")), safe="")
        return f"[{words}]({address}/run?parameters={filled})" if address else words


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """Days of one source and recipe, what they cost, the runs that the server knows of, and forms for others."""

    days: Sequence[Day]
    spent: Mapping[date, Spent]
    forms: Forms
    runs: Mapping[date, FlowRun] = field(default_factory=dict)

    @classmethod
    async def read(
        cls, catalog: Catalog, days: Days, settings: Settings, backfill: str | None = None, **asked: Any
    ) -> "CalendarPage":
        """How these days stand now, with the runs of a backfill; `asked` is what its forms have filled in besides.

        Raises ArchiveError.
        """
        recipe = recipe_of(settings)
        standing = await calendar(catalog, days, settings.source, recipe.fingerprint, categories_of(settings))
        spent = await spent_by_day(catalog, settings.source)
        chosen = {name: getattr(settings, name) for name in ("source", "writer", "painter")}
        chosen |= {"style": settings.style_to_choose} | asked
        async with get_client() as client:
            forms = await Forms.found(client, {name: value for name, value in chosen.items() if value is not None})
            return cls(standing, spent, forms, await newest_runs(backfill, client) if backfill else {})

    def markdown(self, first_row: date | None = None) -> str:
        """A row a day, the newest first, and a row for each of the months before `first_row`."""
        first_row = first_row or self.days[-MOST_ROWS:][0].day
        numbers = ["archived", "dollars", *_BESIDES]
        lines = [f"| day | | {' | '.join(numbers)} |", f"| --- | --- |{' ---: |' * len(numbers)}"]
        lines += [self._day(each) for each in reversed(self.days) if each.day >= first_row]
        before = [each for each in self.days if each.day < first_row]
        months = [list(days) for _, days in groupby(before, key=lambda each: month_of(each.day))]
        return "\n".join([*lines, *map(self._month, reversed(months))])

    @property
    def headline(self) -> str:
        """The sum of all days."""
        pictures = counted(sum(each.archived for each in self.days), "picture")
        parts = [f"{counted(len(self.days), 'day')}: {_marks(self.days)}", pictures]
        return " · ".join(filter(None, [*parts, self._spent(self.days).price]))

    def _spent(self, days: Sequence[Day]) -> Spent:
        return Spent.of(self.spent[each.day] for each in days if each.day in self.spent)

    def _day(self, day: Day) -> str:
        run = self.runs.get(day.day)
        address = _address(str(run.id) if run else day.run)
        is_going = run is not None and not (run.state and run.state.is_final())
        mark = "▸ under way" if is_going else day.mark.label
        if not is_going and day.mark not in _SETTLED:
            mark = self.forms.link(mark, "day", str(day.day))
        return self._row(f"[{day.day}]({address})" if address else str(day.day), mark, [day])

    def _month(self, days: Sequence[Day]) -> str:
        marks = _marks(days)
        if any(each.mark not in _SETTLED for each in days):
            marks = self.forms.link(marks, "days", f"{days[0].day}..{days[-1].day}")
        return self._row(month_of(days[0].day), marks, days)

    def _row(self, name: str, mark: str, days: Sequence[Day]) -> str:
        archived, *besides = (
            str(sum(getattr(each, count) for each in days) or "") for count in ("archived", *_BESIDES)
        )
        return f"| {' | '.join([name, mark, archived, self._spent(days).price, *besides])} |"


def _marks(days: Sequence[Day]) -> str:
    count = Counter(each.mark for each in days)
    return ", ".join(f"{count[mark]} {mark}" for mark in Mark if count[mark])


def _address(run: str | None) -> str | None:
    """A flow run's page; rebuilt and imported rows have other names than flow runs."""
    try:
        return _place("flow-run", UUID(run or ""))
    except ValueError:
        return None


def _place(kind: str, thing: UUID | None) -> str | None:
    """Where it is in the UI that shows this page: that of a command's own server has gone with it."""
    address = url_for(kind, obj_id=thing) if thing else None
    return address and urlsplit(address)._replace(scheme="", netloc="").geturl()
