"""The deployments, defined once: `frontispiece serve` and `frontispiece deploy` register these."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, cast

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from deployments.changes import TAG
from deployments.form import form_of
from deployments.registering import Registration
from flows.backfill import backfill, backfill_day, backfill_days
from flows.daily import daily
from flows.illustrate import illustrate_papers
from flows.letter import letter
from flows.standing import KEY
from flows.upkeep import upkeep
from frontispiece import registry
from frontispiece.errors import BadInput
from frontispiece.settings import Settings
from frontispiece.version import VERSION

EVERY_MORNING: Final = "0 5 * * *"
CALENDAR: Final = f"[How the days stand](/artifacts/key/{KEY})."
"""A link within Prefect's UI: which address that has is not known where runs are defined."""


class Queue(StrEnum):
    """The work queues of a pool, those first whose runs are taken first: today's papers before those of a backfill."""

    DAILY = "daily"
    DEFAULT = "default"
    BACKFILL = "backfill"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Definition:
    """One deployment: which flow, when, and what its form holds at first."""

    name: str
    flow: Flow[..., Any]
    description: str
    cron: str | None = None
    timezone: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    at_once: int | None = None
    queue: Queue = Queue.DEFAULT

    @property
    def entrypoint(self) -> str:
        """Where a worker finds the flow: by module, so that it may start anywhere the project is installed."""
        return f"{self.flow.fn.__module__}.{self.flow.fn.__name__}"

    def build(self, today: date | None = None) -> Registration:
        """What Prefect registers, with a form as `form_of` makes it.

        Raises BadInput for a cron expression that cannot be.
        """
        try:
            schedules = [Cron(self.cron, timezone=self.timezone, slug=self.name)] if self.cron else []
            deployment = Registration.from_flow(
                self.flow,
                self.name,
                schedules=schedules,
                parameters=self.parameters,
                description=f"{self.description} {CALENDAR}",
                tags=[TAG],
                version=VERSION,
                concurrency_limit=self._concurrency(),
                entrypoint_type=EntrypointType.MODULE_PATH,
            )
        except ValueError as error:
            raise BadInput(f"The schedule {self.cron!r} of {self.name} cannot be: {error}.") from None
        registration = cast("Registration", deployment)  # which it is, whatever Prefect's types say
        registration.form = form_of(self.flow.parameters, today)
        registration.queue = self.queue.value
        return registration

    def _concurrency(self) -> ConcurrencyLimitConfig | None:
        if self.at_once is None:
            return None
        return ConcurrencyLimitConfig(limit=self.at_once, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)


def definitions(settings: Settings) -> tuple[Definition, ...]:
    """All deployments under these settings."""
    stretch = getattr(registry.load(registry.SOURCES, settings.source), "stretch", None)
    days = (stretch(settings) if stretch else None) or "last 30 days"
    recipe = {"writer": settings.writer, "painter": settings.painter, "style": settings.style_to_choose}
    return (
        Definition(
            name="daily",
            flow=daily,
            description=(
                "Illustrates the papers of the day, and what came late to the lists of the days before. "
                "What is archived costs nothing. Pick a day under Custom run to illustrate just that one."
            ),
            cron=settings.daily_cron,
            timezone=settings.timezone,
            parameters={"source": settings.source, **recipe},
            at_once=1,
            queue=Queue.DAILY,
        ),
        Definition(
            name="papers",
            flow=illustrate_papers,
            description="Illustrates single papers, by arXiv id or by a URL of arXiv or Hugging Face.",
            parameters=recipe,
        ),
        Definition(
            name="backfill",
            flow=backfill,
            description=(
                "Illustrates a stretch of days: 2024-10-01..2024-10-31, 2024-10, or last 30 days. The plan and its "
                "price come first; a dry run stops there. The same parameters again go on where an earlier run stopped."
            ),
            parameters={"days": days, "source": settings.source, **recipe},
            at_once=1,
            queue=Queue.BACKFILL,
        ),
        Definition(
            name="backfill-day",
            flow=backfill_day,
            description="One day of a backfill.",
            parameters={"source": settings.source, **recipe},
            queue=Queue.DAYS,
        ),
        Definition(
            name="backfill-days",
            flow=backfill_days,
            description="Some days of a backfill in a process of their own; a long backfill starts these runs itself.",
            parameters={"source": settings.source, **recipe},
            queue=Queue.DAYS,
        ),
        Definition(
            name="upkeep",
            flow=upkeep,
            description=(
                "Closes runs that a killed process left behind, tidies the catalog of past months, and writes the "
                "gallery and the calendar."
            ),
            cron=EVERY_MORNING,
            timezone=settings.timezone,
            at_once=1,
        ),
        Definition(
            name="letter",
            flow=letter,
            description=(
                "Writes an e-mail about a day's papers with their pictures, and sends it to those in the settings who "
                "have not got it."
            ),
            cron=settings.letter_cron,
            timezone=settings.timezone,
            parameters={"send": bool(settings.letter_to)},
            at_once=1,
        ),
    )
