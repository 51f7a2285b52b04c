"""Send the letter of a day."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from frontispiece.archive.store import Archive
from frontispiece.letter.sending import Posted, send
from frontispiece.letter.writing import Letter
from frontispiece.settings import Settings
from tasks.caching import worth_another_attempt


@task(
    name="send letter",
    task_run_name="send letter",
    description="Send a day's letter to those who have not got it.",
    cache_policy=NO_CACHE,
    persist_result=False,
    retry_condition_fn=worth_another_attempt,
)
async def send_letter(letter: Letter, archive: Archive, settings: Settings) -> Posted:
    """Send it, to nobody twice. Raises BadInput, MailError and ArchiveError."""
    return await send(letter, archive, settings)
