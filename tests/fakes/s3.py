"""As much of S3 as the archive uses: put, put-if-absent, get, head, list, delete, and refusals on demand."""

import hashlib
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class FakeS3:
    """One bucket. `refusals` requests are answered with `refusal` (a status), and its `code`, before it works again.

    `conditions` is how it takes If-None-Match: as it should, not at all, by refusing every such put, or by putting
    and then saying that it has not. Where it `forgets`, nobody finds what was put. So many puts as `losses` says are
    done and answered with 500. Who may `only_read` it is refused every other request.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    refusals: int = 0
    refusal: int = 503
    code: str = ""
    only_read: bool = False
    conditions: Literal["kept", "ignored", "refused", "denied"] = "kept"
    forgets: bool = False
    losses: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    """What each request was (list, get, head, put, put-if-absent, delete) and about which key or prefix."""

    @property
    def requests(self) -> int:
        """How many requests there were."""
        return len(self.asked)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{bucket}", self._bucket, methods=["GET", "POST"]),
                Route("/{bucket}/{key:path}", self._object, methods=["GET", "PUT", "DELETE"]),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        self._note(request)
        self.refusals -= 1
        if self.only_read and request.method not in ("GET", "HEAD"):
            return _error("AccessDenied", 403)
        if self.refusals < 0:
            return None
        return _error(self.code, self.refusal) if self.code else Response("refused", self.refusal)

    def _note(self, request: Request) -> None:
        key = request.path_params.get("key") or request.query_params.get("prefix", "")
        kind = "list" if "key" not in request.path_params and request.method == "GET" else request.method.lower()
        is_conditional = kind == "put" and "if-none-match" in request.headers
        self.asked.append(("put-if-absent" if is_conditional else kind, key))

    async def _bucket(self, request: Request) -> Response:
        if refused := self._refusal(request):
            return refused
        if "delete" in request.query_params:
            return await self._delete_many(request)
        prefix = request.query_params.get("prefix", "")
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-23T12:00:00.000Z</LastModified>"
            f"<ETag>{_etag(content)}</ETag><Size>{len(content)}</Size></Contents>"
            for key, content in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        return Response(f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")

    async def _delete_many(self, request: Request) -> Response:
        body = (await request.body()).decode()
        keys = [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]
        for key in keys:
            self.objects.pop(key, None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return Response(f"<DeleteResult>{deleted}</DeleteResult>")

    async def _object(self, request: Request) -> Response:
        body, key = await request.body(), request.path_params["key"]
        if refused := self._refusal(request):
            return refused
        if request.method == "PUT":
            return self._put(key, body, request)
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status_code=204)
        if key not in self.objects or self.forgets:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        content = self.objects[key]
        return Response(content, headers={"etag": _etag(content), "last-modified": formatdate(0, usegmt=True)})

    def _put(self, key: str, body: bytes, request: Request) -> Response:
        taken = Response("<Error><Code>PreconditionFailed</Code></Error>", 412)
        is_conditional = request.headers.get("if-none-match") == "*" and self.conditions != "ignored"
        if is_conditional and self.conditions != "denied" and (key in self.objects or self.conditions == "refused"):
            return taken
        self.objects[key] = body
        self.kinds[key] = request.headers.get("content-type", "")
        self.losses -= 1
        if self.losses >= 0:
            return Response("lost", 500)
        return taken if is_conditional and self.conditions == "denied" else Response(headers={"etag": _etag(body)})


def _error(code: str, status: int) -> Response:
    """As S3 writes it: the code is in the second line."""
    xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>Not so.</Message></Error>'
    return Response(xml, status, media_type="application/xml")


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
