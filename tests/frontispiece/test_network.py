"""What the environment says of proxies and certificates is read as every client below us can read it."""

import errno
import socket
import urllib.request
from collections.abc import Callable
from pathlib import Path

import httpx
import httpx2
import pytest
import requests
from fakes.s3 import FakeS3
from fakes.server import serving
from hypothesis import example, given, settings
from hypothesis import strategies as st

from frontispiece.errors import BadInput
from frontispiece.network import check_network, spare_this_machine, why_unreached

DEAD = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("name", "proxy"),
    [("HTTP_PROXY", DEAD), ("http_proxy", "127.0.0.1:9"), ("ALL_PROXY", "socks5h://me:a@127.0.0.1:9")],
)
def test_no_client_asks_this_machine_by_a_proxy(name: str, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {name: proxy, "NO_PROXY": "fd00::/8"}
    check_network(environment)
    spare_this_machine(environment)
    for each, value in environment.items():
        monkeypatch.setenv(each, value)
    with serving(FakeS3().app()) as address:
        for url in (address, address.replace("127.0.0.1", "localhost")):
            for get in (httpx.get, httpx2.get, requests.get):
                assert get(f"{url}/bucket").status_code == 200
            urllib.request.urlopen(f"{url}/bucket").close()  # noqa: S310 only us
            assert urllib.request.proxy_bypass(url.partition("://")[2])  # websockets asks this


@pytest.mark.parametrize(
    ("variables", "spared"),
    [
        pytest.param({}, None, id="no proxy"),
        pytest.param({"NO_PROXY": "intern.test"}, "intern.test", id="no proxy, and an exception"),
        pytest.param({"HTTP_PROXY": ""}, None, id="an empty one"),
        pytest.param({"HTTPS_PROXY": DEAD}, "", id="no exception"),
        pytest.param(
            {"HTTP_PROXY": DEAD, "NO_PROXY": " .intern.test, 10.0.0.0/8"}, ".intern.test,10.0.0.0/8,", id="some"
        ),
        pytest.param({"HTTP_PROXY": DEAD, "NO_PROXY": "a.test", "no_proxy": "b.test"}, "b.test,", id="small letters"),
        pytest.param({"HTTP_PROXY": DEAD, "NO_PROXY": "fd00::/8,[fd00::1],x:y"}, "fd00::1,", id="IPv6"),
        pytest.param({"HTTP_PROXY": DEAD, "NO_PROXY": "*"}, "*,", id="everything"),
    ],
)
def test_exceptions_stay_and_this_machine_is_one(variables: dict[str, str], spared: str | None) -> None:
    environment = dict(variables)
    spare_this_machine(environment)
    if not any(variables.get(name) for name in ("HTTP_PROXY", "HTTPS_PROXY")):
        assert environment == variables
    else:
        assert environment["NO_PROXY"] == environment["no_proxy"] == f"{spared}localhost,127.0.0.1,::1"


@given(st.text(st.sampled_from("a.*:[]/0f, ü%\\@#?")) | st.text(), st.text(max_size=12))
@example("[", "socks5://a b")
@settings(max_examples=60)
def test_whatever_is_let_through_the_libraries_can_use(exceptions: str, proxy: str) -> None:
    environment = {"ALL_PROXY": f"http://{proxy}", "NO_PROXY": exceptions}
    with pytest.MonkeyPatch.context() as patch:
        try:
            check_network(environment)
        except BadInput:
            environment["ALL_PROXY"] = DEAD
        spare_this_machine(environment)
        for name, value in environment.items():
            if "\0" in value or not value.isprintable():
                return  # no variable can be that, or nobody would write it
            patch.setenv(name, value)
        httpx.Client(verify=False).close()  # noqa: S501 quick, and asks nobody


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ALL_PROXY", "socks://127.0.0.1:1080/", "ALL_PROXY cannot be socks://127.0.0.1:1080/: write it as"),
        ("http_proxy", "ftp://me:hush@proxy.test", "HTTP_PROXY cannot be ftp://***@proxy.test: "),
        ("HTTPS_PROXY", "http://proxy.test:port", "HTTPS_PROXY cannot be "),
        ("HTTPS_PROXY", " http://proxy.test", "HTTPS_PROXY cannot be "),
        ("SSL_CERT_FILE", "/no/such.pem", "SSL_CERT_FILE cannot be /no/such.pem: No such file or directory. Correct"),
        ("SSL_CERT_FILE", "/", "SSL_CERT_FILE cannot be /: Is a directory. Correct"),
        ("REQUESTS_CA_BUNDLE", __file__, "REQUESTS_CA_BUNDLE cannot be "),
    ],
)
def test_what_no_client_could_use_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_network({name: value})
    assert str(caught.value).startswith(said)
    assert "hush" not in str(caught.value)


def test_certificates_that_are_there_are_fine(tmp_path: Path) -> None:
    check_network({"SSL_CERT_FILE": requests.certs.where(), "REQUESTS_CA_BUNDLE": str(tmp_path), "CURL_CA_BUNDLE": ""})


@pytest.mark.parametrize("get", [httpx.get, httpx2.get, requests.get], ids=["httpx", "httpx2", "requests"])
@pytest.mark.parametrize(
    ("address", "error", "why"),
    [
        ("http://huggingface.co", socket.gaierror(-2, "Name or service not known"), "(is this machine offline?)"),
        ("http://127.0.0.1:9", OSError(errno.ENETUNREACH, "Network is unreachable"), "(is this machine offline?)"),
        ("http://127.0.0.1:9", None, "it refuses connections"),
    ],
    ids=["no name", "no way", "refused"],
)
def test_who_is_offline_is_asked_so(
    get: Callable[[str], object], address: str, error: OSError | None, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if error is not None:

        def fails(*args: object, **options: object) -> None:
            raise error

        monkeypatch.setattr(socket, "getaddrinfo", fails)
    with pytest.raises(Exception, match=r".") as raised:
        get(address)
    assert why_unreached(raised.value).endswith(why)
