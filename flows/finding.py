"""Single papers by their ids: in the source of the settings, and what is not there on arXiv."""

from prefect import get_run_logger

from flows.session import Session
from frontispiece.errors import BadInput, SourceError
from frontispiece.models import Paper
from frontispiece.request import about
from frontispiece.sources import EVERY_PAPER
from frontispiece.sources.ids import parse_id
from tasks.find_papers import find_papers


async def find(session: Session, ids: tuple[str, ...]) -> list[Paper]:
    """The papers with these ids, in this order; the session keeps those that are not to be had, and fails no other.

    Raises BadInput for what is no arXiv id, and BadInput or SourceError when none of the papers is to be had.
    """
    with about("ids"):
        wanted = list(dict.fromkeys(parse_id(text)[0] for text in ids))
    session.asks(ids)
    found = {paper.id: paper for paper in (await session.steps.call(find_papers, ids, session.services)).value.papers}
    missing = tuple(text for text in ids if parse_id(text)[0] not in found)
    problem = "arXiv has no such paper."
    if missing and session.services.settings.source != EVERY_PAPER:
        named = ", ".join(missing)
        get_run_logger().info("Asking arXiv for %s.", named)
        session.listener.asks("arXiv", named)
        try:
            more = (await session.steps.call(find_papers, missing, session.services, on_arxiv=True)).value
            found |= {paper.id: paper for paper in more.papers}
        except SourceError as error:
            if not found:
                raise
            problem = str(error)
    unknown = [paper_id for paper_id in wanted if paper_id not in found]
    if not found:
        raise BadInput(f"No paper {', '.join(unknown)} on arXiv.")
    session.missing = tuple(f"{paper_id}: {problem}" for paper_id in unknown)
    for sentence in session.missing:
        get_run_logger().error("No picture for paper %s", sentence)
    return [found[paper_id] for paper_id in wanted if paper_id in found]
