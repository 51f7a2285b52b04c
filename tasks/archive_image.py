"""Archive the picture as a JPEG that tells its own story."""

import hashlib
from pathlib import PurePosixPath

from prefect import get_run_logger, task

from frontispiece.addresses import shown
from frontispiece.archive.decoding import in_a_picture_thread
from frontispiece.archive.images import Provenance, to_jpeg
from frontispiece.archive.pictures import get_original, put_picture
from frontispiece.models import Painting, Paper, Picture, Prompt
from frontispiece.recipe import picture_key
from frontispiece.services import Services
from tasks.caching import keyed, worth_another_attempt


def _key(paper: Paper, prompt: Prompt, painting: Painting, services: Services) -> str:
    return picture_key(paper, painting.original.digest, services.recipe)


@task(
    name="archive image",
    task_run_name="archive {paper.id}",
    description="Turn the original into the archived JPEG.",
    cache_policy=keyed(Picture, _key),
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=worth_another_attempt,
)
async def archive_image(paper: Paper, prompt: Prompt, painting: Painting, services: Services) -> Picture:
    """Write the JPEG of `painting`; never over the picture of another recipe.

    Raises OriginalMissing when the original's bytes are gone or damaged, and ArchiveError.
    """
    original = await get_original(services.archive, paper, painting)
    provenance = Provenance(
        title=paper.title,
        paper_id=paper.id,
        paper_url=paper.url,
        prompt=prompt.text,
        recipe=services.recipe.fingerprint,
        writer=prompt.writer,
        writer_model=prompt.model,
        painter=painting.painter,
        painter_model=painting.model,
        is_ai=services.painter.is_ai,
        seed=painting.seed,
        created=paper.folder_date,
        subjects=paper.categories,
        original=painting.original.digest,
        run=painting.run,
        made=painting.made,
    )
    jpeg, width, height = await in_a_picture_thread(to_jpeg, original, services.recipe.jpeg_quality, provenance)
    path = await put_picture(services.archive, paper, services.recipe.fingerprint, jpeg)
    get_run_logger().info(
        "Saving generated image from %s to %s.", shown(painting.url or painting.painter), PurePosixPath(path).name
    )
    return Picture(path=path, digest=hashlib.sha256(jpeg).hexdigest(), width=width, height=height, bytes=len(jpeg))
