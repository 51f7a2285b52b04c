"""Nearly JSON is read, odd side fields are unknown, and complaints are heard wherever they stand."""

import json
from datetime import UTC, datetime
from typing import Annotated
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from frontispiece.errors import OutOfService, ProviderUnavailable
from frontispiece.providers.answers import Complaint, OrNone, clean, clean_xml, heard, unavailable
from frontispiece.providers.http import Answer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "detail", "message", "code", "type", "status", "param", "metadata"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


class Model(BaseModel):
    goods: str
    count: OrNone[Annotated[int, Field(ge=0)]] = None
    names: OrNone[list[OrNone[str]]] = None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'"half \ud83d"', "half "),
        (rb'"half \uDE00 pair"', "half  pair"),
        (rb'"whole \ud83d\ude00"', "whole \U0001f600"),
        (rb'"\ud83d\ud83d\ude00"', "\U0001f600"),
        (rb'"a path \\ud83d"', "a path \\ud83d"),
        (rb'"\\\ud83d"', "\\"),
        (b'\xef\xbb\xbf"mark"', "mark"),
        (b'"raw \xed\xa0\xbd\xff"', "raw "),
    ],
)
def test_what_no_text_can_hold_is_left_out(body: bytes, text: str) -> None:
    assert json.loads(clean(body)) == text


@given(st.text(max_size=40))
def test_clean_json_is_left_alone(text: str) -> None:
    for ascii_only in (True, False):
        body = json.dumps(text, ensure_ascii=ascii_only).encode()
        assert json.loads(clean(body)) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"<t>half &#xD83D; &#55357;</t>", "half  "),
        (b"<t>form\x0cfeed &#12;</t>", "formfeed "),
        (b"<t>&#x1F600; &#233; &#10;</t>", "\U0001f600 é \n"),
        (b"<t>raw \xed\xa0\xbd</t>", "raw "),
        (b"<t>&#x110000; &#xFFFE; &#0;</t>", "  "),
    ],
)
def test_xml_without_what_it_must_not_hold(body: bytes, text: str) -> None:
    assert ET.fromstring(clean_xml(body)).text == text  # noqa: S314 our own


@given(st.dictionaries(st.sampled_from(["count", "names"]), JSON))
def test_side_fields_are_judged_by_themselves(sides: dict[str, object]) -> None:
    read = Model.model_validate_json(clean(json.dumps({"goods": "a", **sides}).encode()))
    assert read.goods == "a"
    assert read.count is None or read.count >= 0


@pytest.mark.parametrize(
    ("body", "words", "status"),
    [
        ({"error": {"message": "No.", "type": "t", "code": None}}, "No.", None),
        ({"error": {"message": "No.", "code": 402}}, "No.", 402),
        ({"error": {"message": "No.", "code": "429"}}, "No.", 429),
        ({"error": {"message": "No.", "type": "authentication_error"}}, "No.", 401),
        ({"error": {"status": "RESOURCE_EXHAUSTED", "message": "No."}}, "No.", 429),
        ({"error": "No."}, "No.", None),
        ({"error": True, "message": "No."}, "No.", None),
        ({"error": {"message": "Gateway", "metadata": {"raw": "No."}}}, "Gateway; No.", None),
        ({"code": "Client specified an invalid argument", "error": "No."}, "No.", None),
        ({"detail": "No."}, "No.", None),
        ({"detail": [{"loc": ["body"], "msg": "No.", "type": "x"}, {"msg": "Never."}]}, "No.; Never.", None),
        ({"object": "error", "message": "No.", "code": 404}, "No.", 404),
        ({"errors": ["No.", "No.", {"description": "Never."}]}, "No.; Never.", None),
        ({"statusCode": 503, "message": ["No."]}, "No.", 503),
        ([{"error": {"message": "No."}}], "No.", None),
        ("No.", "No.", None),
        ({"message": " ", "error": {"error": {"reason": "No."}}}, "No.", None),
        ({}, "", None),
        (None, "", None),
        (7, "", None),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict | list) else None,
)
def test_complaints_are_heard(body: object, words: str, status: int | None) -> None:
    complaint = heard(json.dumps(body).encode())
    assert (complaint.words, complaint.status) == (words, status)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"404 page not found", "404 page not found"),
        (b"<html><head><style>b{}</style></head><h1>502 Bad Gateway</h1></html>", "502 Bad Gateway"),
        (b"\xff\xfe", ""),
        (b"", ""),
    ],
)
def test_text_and_pages_are_heard(body: bytes, words: str) -> None:
    assert heard(body).words.split() == words.split()


@given(st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_can_be_heard(body: bytes) -> None:
    complaint = heard(body)
    assert isinstance(complaint, Complaint)
    assert complaint.words == complaint.words.encode("utf-8", "ignore").decode()
    assert complaint.status is None or 400 <= complaint.status < 600


@pytest.mark.parametrize(
    ("headers", "status", "wait"),
    [
        ({}, 429, None),
        ({"retry-after": "3600"}, 429, 3600.0),
        ({"retry-after": "3601"}, 503, "2026-11-24 13:00"),
        ({"x-ratelimit-reset": "90"}, 429, 90.0),
        ({"x-ratelimit-reset": "90"}, 503, None),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 36_000)}, 429, "2026-11-24 22:00"),
        ({"x-ratelimit-reset": str(1000 * (int(NOW.timestamp()) + 36_000))}, 429, "2026-11-24 22:00"),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) - 5)}, 429, 0.0),
        ({"retry-after": "999999999"}, 429, 3600.0),
    ],
)
def test_waits_of_hours_are_no_waits(headers: dict[str, str], status: int, wait: float | str | None) -> None:
    error = unavailable("Busy.", Answer(status, headers, b"", ""), NOW)
    if isinstance(wait, str):
        assert isinstance(error, OutOfService)
        assert str(error) == f"Nothing more is to be had until {wait} UTC: Busy."
    else:
        assert isinstance(error, ProviderUnavailable)
        assert error.retry_after == wait
