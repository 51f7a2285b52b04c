"""The request that costs money, for services that are spoken to without a library of theirs."""

from collections.abc import Mapping

from frontispiece.concurrency import heard_out
from frontispiece.errors import InDoubt, NotAccepted, ProviderUnavailable
from frontispiece.providers.http import Answer, Http, Lost, TooLarge, Unreached


async def pay(
    http: Http,
    url: str,
    body: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
    max_bytes: int = 10_000_000,
) -> Answer:
    """One POST of JSON, sent once and heard out; who asks has passed the throttle.

    Raises ProviderUnavailable when it certainly did not arrive, InDoubt when it may have, NotAccepted for an answer
    that is too large.
    """
    try:
        return await heard_out(http.post_json(url, body, headers=headers, max_bytes=max_bytes))
    except TooLarge as error:
        raise NotAccepted(f"{error} FRONTISPIECE_PICTURE_MEGABYTES allows more.") from None
    except Unreached as error:
        raise ProviderUnavailable(str(error)) from None
    except Lost as error:
        raise InDoubt(f"{error} It may have taken the order.") from None
