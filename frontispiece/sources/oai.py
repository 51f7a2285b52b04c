"""OAI-PMH, as arXiv speaks it (https://info.arxiv.org/help/oa/): a page of records in the format arXivRaw.

Of arXiv's formats only arXivRaw has the date of each version; its text is kept in the snapshot's shape.
"""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from frontispiece.errors import SourceBroken, SourceUnavailable
from frontispiece.providers.answers import clean_xml
from frontispiece.providers.http import Answer
from frontispiece.sources.arxiv_door import check_available
from frontispiece.sources.ids import parse_id
from frontispiece.sources.reading import reason
from frontispiece.sources.records import Record
from frontispiece.text import quoted

FORMAT: Final = "arXivRaw"
MAX_TOKEN: Final = 2_000

_OAI: Final = "{http://www.openarchives.org/OAI/2.0/}"
_RAW: Final = "{http://arxiv.org/OAI/arXivRaw/}"
_TEXTS: Final = ("id", "title", "authors", "categories", "abstract", "comments")
_PREFIX: Final = "oai:arXiv.org:"


class TokenExpired(Exception):
    """A resumption token is no longer taken, so the list has to be asked for from its beginning."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper, and its line in the snapshot's shape, from which it can be read again."""

    id: str
    record: Record
    line: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    `deleted` are ids, `problems` ids and why they could not be read; `token` leads to the next page, and is empty on
    the last.
    """

    entries: tuple[Entry, ...] = ()
    deleted: tuple[str, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    token: str = ""


class _Plain(ET.TreeBuilder):
    """Takes no document type, and so no entities, which would let a small page grow without bound."""

    def doctype(self, name: str, pubid: str, system: str) -> None:
        """Called before anything of it is read."""
        raise ValueError(f"a document type {name}, {pubid}, {system}")


def parse_page(answer: Answer) -> Page:
    """What an answer to ListRecords or GetRecord holds; a list without any record, or an unknown id, is an empty page.

    Raises SourceUnavailable for what another attempt may mend, such as half a page, SourceBroken for complaints about
    the request and for anything else that is no answer of OAI-PMH, TokenExpired when the list has to begin anew.
    """
    check_available(answer)
    root = _root(answer.body)
    if root is not None:
        for error in root.findall(f"{_OAI}error"):
            return _complaint(error.get("code", ""), error.text or "")
    if answer.status != 200:
        raise SourceBroken(f"arXiv answered {answer.status}; is FRONTISPIECE_ARXIV_OAI_URL right?")
    content = None if root is None else root.find(f"{_OAI}ListRecords")
    if root is not None and content is None:
        content = root.find(f"{_OAI}GetRecord")
    if content is None:
        raise SourceUnavailable("arXiv's answer is no whole list of records.")
    token = (content.findtext(f"{_OAI}resumptionToken") or "").strip()
    if len(token) > MAX_TOKEN:
        raise SourceBroken(f"arXiv's resumption token has {len(token):,} characters.")
    return _page(content.findall(f"{_OAI}record"), token)


def identifier(paper_id: str) -> str:
    """The name of a paper in OAI-PMH."""
    return f"{_PREFIX}{paper_id}"


def _root(body: bytes) -> ET.Element | None:
    """The root of an OAI-PMH document, or None for anything that is not one from beginning to end."""
    try:
        root: ET.Element = ET.fromstring(clean_xml(body), ET.XMLParser(target=_Plain()))  # noqa: S314 without a document type
    except (ET.ParseError, ValueError, LookupError):
        return None
    return root if root.tag == f"{_OAI}OAI-PMH" else None


def _complaint(code: str, text: str) -> Page:
    if code in ("noRecordsMatch", "idDoesNotExist"):
        return Page()
    if code == "badResumptionToken":
        raise TokenExpired
    raise SourceBroken(f"arXiv refuses the request for records: {quoted(code)}: {quoted(text)}.")


def _page(records: list[ET.Element], token: str) -> Page:
    entries, deleted, problems = list[Entry](), list[str](), list[tuple[str, str]]()
    for record in records:
        header = record.find(f"{_OAI}header")
        name = "" if header is None else (header.findtext(f"{_OAI}identifier") or "").strip().removeprefix(_PREFIX)
        if header is not None and header.get("status") == "deleted":
            deleted.append(name)
            continue
        line = json.dumps(_fields(record))
        try:
            parsed = Record.read(line)
        except ValidationError as error:
            problems.append((name, reason(error)))
        else:
            entries.append(Entry(parse_id(parsed.id)[0], parsed, line))
    return Page(tuple(entries), tuple(deleted), tuple(problems), token)


def _fields(record: ET.Element) -> dict[str, object]:
    """A record in the snapshot's shape."""
    raw = record.find(f"{_OAI}metadata/{_RAW}arXivRaw")
    if raw is None:
        return {}
    versions = [
        {"version": version.get("version"), "created": (version.findtext(f"{_RAW}date") or "").strip()}
        for version in raw.findall(f"{_RAW}version")
    ]
    versions.sort(key=lambda version: int(re.sub(r"\D", "", version["version"] or "")[:9] or 0))
    return {name: raw.findtext(f"{_RAW}{name}") for name in _TEXTS} | {"versions": versions}
