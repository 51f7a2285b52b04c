"""Everything that can go wrong, as one tree.

    FrontispieceError
    ├── BadInput                  the user asked for something that cannot be: exit code 2
    ├── SourceError               the list of papers could not be read
    │   ├── SourceUnavailable ↻   the source did not answer, or asked us to wait
    │   │   └── SourceUnreached ↻ it could not even be connected to
    │   └── SourceBroken          the source answered something that is not a list of papers
    ├── ProviderError             a writer or a painter let us down
    │   ├── ProviderUnavailable ↻ it did not take the job: busy, down, or out of reach
    │   ├── InDoubt ↻             it may have taken the job: nobody can tell yet
    │   ├── ProviderBroken ↻      it answered something that is neither a prompt nor a picture
    │   │   └── NotAccepted       … and what a rule of ours refuses: the order is kept until that is changed
    │   ├── Blocked               it refuses this paper, or its picture does harm: asking again is no use
    │   ├── Flawed                it painted twice what is no picture of this paper: blank, tiny, or another's
    │   ├── Rejected              it refuses the request as such: a wrong model, size or parameter
    │   └── OutOfService          it refuses us: bad key or no money, so the whole run stops buying
    ├── BudgetReached             the run's limit in dollars allows no further call: what is left waits
    ├── NotYet                    the prompt is ordered in a batch that is not finished: a later run takes it
    ├── ArchiveError              the archive cannot be read or written
    │   ├── ArchiveUnavailable ↻  for the moment
    │   └── OriginalMissing       a painting's original bytes are gone
    ├── MailError                 the mail server takes no letter from us
    │   └── MailUnavailable ↻     for the moment: it cannot be reached, or asked us to come again
    └── ServerOutOfReach          Prefect's server does not answer

↻ marks what is worth another attempt (`is_transient`). Every error carries one clear sentence for the
user and survives pickling, because Prefect and process pools send errors around.

Whether a paid call that ended so may be on the bill is said here too (`is_billed`), and asked by everybody who counts.
"""

from typing import TYPE_CHECKING, ClassVar

from frontispiece.text import one_line

if TYPE_CHECKING:  # the command's help wants errors, and nothing of weight
    from frontispiece.models import Charge


class FrontispieceError(Exception):
    """The root of the tree. `str(error)` is one sentence fit for the user, and one line, whatever it quotes."""

    is_transient: ClassVar[bool] = False
    is_billed: ClassVar[bool | None] = None
    """Whether a paid call that ended so is on the bill: False means certainly not, None that nobody can tell."""

    def __str__(self) -> str:
        return one_line(str(self.args[0])) if self.args else ""

    @property
    def kind(self) -> str:
        """The name under which the catalog and the docs know this error, such as `Blocked`."""
        return type(self).__name__


class BadInput(FrontispieceError):
    """A parameter, setting or file given by the user is wrong; nothing was changed."""


class Waitable(FrontispieceError):
    """A transient error; the other side may have said how long to stay away.

    `retry_after` is that time in seconds, or None when nothing was said.
    """

    is_transient = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.retry_after = retry_after


class SourceError(FrontispieceError):
    """A list of papers could not be read."""


class SourceUnavailable(Waitable, SourceError):
    """The source did not answer, answered with a failure of its own, or asked us to wait."""


class SourceUnreached(SourceUnavailable):
    """There was no connection to the source at all."""


class SourceBroken(SourceError):
    """The source answered, but not with papers: an error feed, HTML, something cut short."""


class ProviderError(FrontispieceError):
    """A writer or painter did not deliver.

    `charge` is what the answer cost that the error is about, where it is known that there was one to pay for; it says
    more than `is_billed`, which goes by the kind of error.
    """

    charge: "Charge | None" = None


class ProviderUnavailable(Waitable, ProviderError):
    """The provider certainly did not take the job (429, 5xx, refused connection): ask again later."""

    is_billed = False


class InDoubt(Waitable, ProviderError):
    """The request may have reached the provider, and may be paid for, but no answer came back."""


class ProviderBroken(Waitable, ProviderError):
    """An answer that is not what was ordered: HTML, an empty prompt, a truncated or absurd picture."""


class NotAccepted(ProviderBroken):
    """What was delivered is refused by a rule of our own, and would be again: the sentence says what to change.

    It is not ordered anew: an order is kept, and a later run fetches it once the rule allows it.
    """

    is_transient = False


class Blocked(ProviderError):
    """The provider refuses this paper's prompt or picture for its content, or sent a picture that does harm."""


class Flawed(ProviderError):
    """Both takes of a painting are blank, too small, or nearly another paper's picture."""

    is_billed = True


class Rejected(ProviderError):
    """The provider finds the request itself wrong; the same request will never succeed.

    `parameter` is the one that is wrong, where the provider names it.
    """

    is_billed = False
    parameter: str | None = None


class OutOfService(ProviderError):
    """The provider refuses every request of ours: a wrong key (401, 403) or an exhausted quota."""

    is_billed = False


class BudgetReached(FrontispieceError):
    """A further paid call might pass the run's limit, so it was not made."""

    is_billed = False


class NotYet(FrontispieceError):
    """The prompt is ordered in a batch that is not finished: nothing is lost, and a later run takes it."""

    is_billed = False


class ArchiveError(FrontispieceError):
    """The archive cannot be read or written."""


class ArchiveUnavailable(Waitable, ArchiveError):
    """The archive's store refuses or fails for the moment."""


class OriginalMissing(ArchiveError):
    """The untouched bytes of a painting are no longer in the archive."""


class MailError(FrontispieceError):
    """The mail server takes no letter from us: certainly nothing was sent to whom this is about."""


class MailUnavailable(Waitable, MailError):
    """The mail server cannot be reached, or has no time for us now."""


class ServerOutOfReach(FrontispieceError):
    """Prefect's server, which somebody has named, does not answer, or not as one."""
