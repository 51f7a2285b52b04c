"""An archive as runs leave it: pictures, originals, catalog and journal that agree with each other."""

import hashlib
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from PIL import Image

from frontispiece.archive.catalog import Catalog, Run
from frontispiece.archive.images import Provenance, to_jpeg
from frontispiece.archive.paths import original_path, picture_path
from frontispiece.archive.store import Archive
from frontispiece.models import Original, Outcome, Painting, Picture, Prompt, Status
from frontispiece.purchases.journal import Journal
from helpers.jobs import AtOnce
from helpers.papers import numbered

RECIPE = "0123456789abcdef"
DAY = date(2024, 10, 31)
NOW = datetime(2024, 11, 1, 6, 7, tzinfo=UTC)
STORY = Provenance(
    title="Fish & <Chips>: a “study” of ω",
    paper_id="2410.24175",
    paper_url="https://arxiv.org/abs/2410.24175",
    prompt="A surreal drawing of a fish]]> on white,\nwith a hat & a tie.",
    recipe="0123456789abcdef",
    writer_model="gpt-4o-mini",
    painter="fal",
    painter_model="fal-ai/flux/schnell",
    seed="15619174981588513000",
    created=date(2024, 10, 31),
)


def png(number: int) -> bytes:
    """A picture that no other number has."""
    image = Image.linear_gradient("L").resize((96, 128)).rotate(37 * number, fillcolor=(61 * number) % 256)
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def run(name: str = "run-1", at: datetime = NOW) -> Run:
    return Run(id=name, source="arxiv", started_at=at - timedelta(minutes=2), finished_at=at, version="0.1.0")


def prompt(number: int) -> Prompt:
    return Prompt(
        text=f"Draw {number} things.",
        writer="openai",
        model="gpt-4o-mini",
        request=f"Please: {number}",
        tokens_in=300,
        tokens_out=90,
        request_id=f"req-{number}",
        seconds=1.5,
        dollars=0.0001,
    )


def painting(number: int) -> Painting:
    content = png(number)
    digest = hashlib.sha256(content).hexdigest()
    return Painting(
        painter="fal",
        model="fal-ai/flux/schnell",
        parameters='{"seed":42}',
        seed="42",
        url=f"https://fal.media/files/{number}.png",
        request_id=f"job-{number}",
        seconds=2.5,
        dollars=0.003,
        original=Original(
            digest=digest, path=original_path(digest, "png"), format="png", width=96, height=128, bytes=len(content)
        ),
    )


async def buy(archive: Archive, number: int) -> None:
    """The journal and the original of a bought painting; journalled is the prompt, too."""
    key = hashlib.sha256(str(number).encode()).hexdigest()[:31]
    name = numbered(number).id
    await archive.put(painting(number).original.path, png(number))
    await Journal(archive).settle(AtOnce(f"{key}a", f"prompt {name} by OpenAI", prompt(number)))
    await Journal(archive).settle(AtOnce(f"{key}b", f"painting {name} by fal", painting(number)))


async def outcome(archive: Archive, number: int, day: date = DAY, painter: str = "fal") -> Outcome:
    """One paper's whole way, its picture archived."""
    await buy(archive, number)
    one, bought, text = numbered(number, day), painting(number), prompt(number)
    provenance = Provenance(
        title=one.title,
        paper_id=one.id,
        paper_url=one.url,
        prompt=text.text,
        recipe=RECIPE,
        writer=text.writer,
        writer_model=text.model,
        painter=painter,
        painter_model=bought.model,
        seed=bought.seed,
        original=bought.original.digest,
        created=one.folder_date,
    )
    jpeg, width, height = to_jpeg(png(number), 60, provenance)
    path = picture_path(one)
    await archive.put(path, jpeg)
    picture = Picture(path=path, digest=hashlib.sha256(jpeg).hexdigest(), width=width, height=height, bytes=len(jpeg))
    return Outcome(paper=one, status=Status.DONE, recipe=RECIPE, prompt=text, painting=bought, picture=picture)


def failure(number: int, kind: str = "ProviderBroken", day: date = DAY) -> Outcome:
    status = Status.BLOCKED if kind == "Blocked" else Status.FAILED
    return Outcome(paper=numbered(number, day), status=status, reason=kind, message="It did.", recipe=RECIPE)


async def stocked(place: Path | str, pictures: int = 3, painter: str = "fal") -> Archive:
    """An archive with so many pictures of one run, and a failure."""
    archive = Archive.open(str(place))
    made = [await outcome(archive, number, painter=painter) for number in range(1, pictures + 1)]
    await Catalog(archive).write(DAY, "run-1", [*made, failure(99)], run())
    return archive
