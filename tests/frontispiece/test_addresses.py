"""An address is shown without its secrets, wherever in it they stand."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontispiece.addresses import origin, shown


@pytest.mark.parametrize(
    "address",
    [
        *("data/archive", "/home/me@work/papers: mine?", "~/archive", "./s3:/bucket", "memory://", "*.fal.media"),
        *("s3://bucket/some/where?region=eu-west-1&endpoint=http://127.0.0.1:8099&skip_signature=true", "llama3:8b"),
        *("https://api.openai.com/v1", "http://[::1]:11434/v1", "file:///home/me/archive", "s3:/bucket", "C:\\papers"),
    ],
)
def test_what_holds_no_secret_is_shown_as_it_is(address: str) -> None:
    assert shown(address) == address


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("s3://b/p?region=eu&secret_access_key=hush", "s3://b/p?region=eu&secret_access_key=***"),
        ("s3://b?AccessKey=hush&aws_session_token=hush", "s3://b?***&aws_session_token=***"),
        ("s3://b?endpoint=https://me:hush@host/x&region=eu", "s3://b?endpoint=https://***@host/x&region=eu"),
        ("s3://b?region=eu:hush", "s3://b?region=***"),
        ("s3://key:hu/sh@bucket/papers", "s3://***@bucket/papers"),
        ("https://me:hush@example.org:8080/v1", "https://***@example.org:8080/v1"),
        ("https://example.org/v1?key=hush#hush", "https://example.org/v1?***#***"),
        ("s3:/key:hush@bucket", "***@bucket"),
        ("s3:key:hush@bucket/papers", "***@bucket/papers"),
        ("s3:/bucket?secret_access_key=hush", "s3:/bucket?secret_access_key=***"),
        ("s3//key:hush@bucket", "***@bucket"),
        ("s3/key:hush@bucket", "***@bucket"),
        ("//key:hush@bucket", "***@bucket"),
        ("S3;//bucket?secret_access_key=hush", "***?secret_access_key=***"),
    ],
)
def test_secrets_are_masked(address: str, expected: str) -> None:
    assert shown(address) == expected


PLACES = {
    "user": "{secret}@bucket/papers",
    "password": "key:{secret}@bucket/papers?region=eu",
    "option": "bucket/papers?region=eu&secret_access_key={secret}",
    "unknown option": "bucket?key={secret}&region=eu",
    "whole query": "bucket/papers?{secret}",
    "fragment": "bucket/papers#{secret}",
    "endpoint": "bucket?endpoint=https://key:{secret}@host/&region=eu",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@given(
    st.sampled_from(["s3", "S3", "gs", "az", "https", "file", "foo"]),
    st.sampled_from(["://", ":/", ":", ":///"]),
    st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("@:/?#&=%[]")), max_size=20),
    st.booleans(),
)
def test_a_secret_never_comes_out(place: str, scheme: str, mark: str, middle: str, is_quoted: bool) -> None:
    secret = quote(f"ZQX{middle}XQZ") if is_quoted else f"ZQX{middle}XQZ"
    address = shown(f"{scheme}{mark}{place.format(secret=secret)}")
    assert "ZQX" not in address
    assert "XQZ" not in address


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://queue.fal.run/fal-ai/flux", "https://queue.fal.run:443"),
        ("https://QUEUE.fal.run:443", "https://queue.fal.run:443"),
        ("http://127.0.0.1:8099/x", "http://127.0.0.1:8099"),
        ("https://queue.fal.run@evil.example/", ""),
        ("https://evil.example\\@queue.fal.run/", ""),
        ("https://queue.fal.run:x/", ""),
        ("//queue.fal.run/x", ""),
        ("", ""),
    ],
)
def test_origins(url: str, home: str) -> None:
    assert origin(url) == home
