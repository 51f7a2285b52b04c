"""The letter of a day: it is written into the archive, and sent to those who have not got it."""

from prefect import flow, get_run_logger, runtime
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.results import NO_RESULTS
from flows.secret_blocks import with_secrets
from flows.steps import persistent
from flows.verdict import refuses
from frontispiece.archive.presence import begun
from frontispiece.letter.sending import KEY, check_can_send, posted_in_words
from frontispiece.request import LetterRequest, takes
from frontispiece.settings import load_settings
from tasks.send_letter import send_letter
from tasks.write_letter import write_letter


def _name() -> str:
    return f"letter {runtime.flow_run.parameters.get('day') or '· newest'}"


@flow(
    name="letter",
    flow_run_name=_name,
    description="Write an e-mail about a day's papers with their pictures, and send it to those who have not got it.",
    persist_result=False,
    result_storage=NO_RESULTS,
    validate_parameters=False,
)
@refuses
@takes(LetterRequest)
async def letter(request: LetterRequest) -> State[None]:
    """Write the letter of a day, and send it where that is wanted, to nobody twice."""
    settings = await with_secrets(load_settings(), KEY)
    if request.send:
        check_can_send(settings)
    archive = await begun(settings.archive)
    written = await persistent(write_letter, settings)(archive, request.day, settings)
    if not request.send:
        return Completed(message=f"{written.subject}.")
    posted = await persistent(send_letter, settings)(written, archive, settings)
    for problem in posted.problems:
        get_run_logger().error(problem)
    said = f"Letter of {written.day}: {posted_in_words(posted)}"
    return Failed(message=f"{said} {' '.join(posted.problems)}") if posted.problems else Completed(message=said)
