"""What is kept of a painting in the archive."""

from pathlib import Path

from helpers.papers import paper
from helpers.stocked import painting

from frontispiece.archive.store import Archive
from frontispiece.concurrency import Lane
from frontispiece.lineart.drawing import draw
from frontispiece.models import Paper, Prompt
from frontispiece.painters.interface import Canvas
from frontispiece.painters.lineart import LineArt
from frontispiece.purchases.paintings import PaintingJob
from frontispiece.services import open_services
from frontispiece.settings import load_settings


class DrawsHere(LineArt):
    """In this process, and counts."""

    asked = 0

    async def submit(self, paper: Paper, prompt: Prompt, take: int = 0) -> Canvas:
        assert prompt.plan
        self.asked += 1
        drawing = draw(prompt.plan, 7)
        return Canvas(image=drawing.png, vector=drawing.svg, model="m", seconds=0.1, dollars=0.0, seed="7")


async def test_strokes_lie_beside_the_original_and_are_written_once(tmp_path: Path) -> None:
    settings = load_settings(archive=str(tmp_path), writer="template", painter="lineart")
    async with open_services(settings) as services:
        services.painter = DrawsHere(settings)
        prompt = await services.writer.write(paper())
        job = PaintingJob(paper(), prompt, services, run="run-1", lane=Lane(services.paintings_lane))
        kept = (await job.make()).original
        assert kept.vector == f"originals/{kept.digest}.svg"
        before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "originals").iterdir()}
        assert before.keys() == {f"{kept.digest}.png", f"{kept.digest}.svg"}
        assert prompt.plan is not None
        assert (tmp_path / kept.vector).read_bytes() == draw(prompt.plan, 7).svg
        assert [entry.path for entry in await Archive.open(str(tmp_path)).list("originals")] == [
            kept.path,
            kept.vector,
        ]
        await job.make()
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "originals").iterdir()} == before


def test_a_journal_says_nothing_of_strokes_that_nobody_drew() -> None:
    assert "vector" not in painting(1).model_dump_json()
