"""Papers for tests, among them real ones whose titles and names are not plain ASCII. No pytest in here."""

from datetime import UTC, date, datetime

from frontispiece.models import Listing, Paper

DAY = date(2024, 11, 19)


def paper(
    paper_id: str = "2411.00001",
    title: str = "On Nothing in Particular",
    *,
    abstract: str = "It works.",
    authors: tuple[str, ...] = ("A. Uthor",),
    categories: tuple[str, ...] = ("cs.CL",),
    published: date | None = DAY,
    day: date = DAY,
    source: str = "test",
    rank: int = 0,
    upvotes: int | None = None,
    version: int | None = 1,
    seen_at: datetime = datetime(2024, 11, 20, tzinfo=UTC),
) -> Paper:
    """A paper published and listed on one day, unless told otherwise."""
    listing = Listing(source=source, day=day, rank=rank, upvotes=upvotes, seen_at=seen_at)
    return Paper(
        id=paper_id,
        version=version,
        title=title,
        abstract=abstract,
        authors=authors,
        categories=categories,
        published=published,
        updated=published,
        listing=listing,
    )


def numbered(number: int = 1, day: date = date(2024, 10, 31), **fields: object) -> Paper:
    """A paper that no other number has."""
    told: dict[str, object] = {
        "abstract": f"We show {number}.",
        "authors": ("Ada Lovelace", "Émilie du Châtelet"),
        "source": "arxiv",
        "rank": number,
        "upvotes": 20,
        "version": None,
    }
    title = fields.pop("title", f"On {number} Things & “Others”")
    made = paper(f"2410.{number:05}", title, published=day, day=day, **told | fields)  # type: ignore[arg-type]
    return made.model_copy(update={"updated": None})


def many(count: int, **fields: object) -> list[Paper]:
    return [paper(f"2411.{number:05}", f"Paper {number}", **fields) for number in range(1, count + 1)]  # type: ignore[arg-type]


SIGMA = paper(
    "2411.07641",
    "Top-$nσ$: Not All Logits Are You Need",
    authors=("Chenxia Tang", "Jianchun Liu", "Hongli Xu", "Liusheng Huang"),
    categories=("cs.LG",),
    published=date(2024, 11, 12),
    upvotes=9,
)
LLAMMLEIN = paper(
    "2411.11171",
    "LLäMmlein: Compact and Competitive German-Only Language Models from Scratch",
    authors=("Jan Pfister", "Julia Wunderle", "Andreas Hotho"),
    categories=("cs.CL", "cs.AI"),
    published=date(2024, 11, 17),
    upvotes=6,
)
BATTERY = paper(
    "2411.00233",
    "SambaMixer: State of Health Prediction of Li-ion Batteries using Mamba State Space Models",
    authors=("José Ignacio Olalde-Verano", "Sascha Kirch", "Clara Pérez-Molina", "Sergio Martin"),
    published=date(2024, 10, 31),
    upvotes=4,
)
REAL = (SIGMA, LLAMMLEIN, BATTERY)
