"""What all tests share: no outside network, and a clean set of environment variables."""

import gc
import ipaddress
import os
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from fakes.providers import Providers, fake_providers
from helpers.real_server import RealServer, real_server_in

# Until all is imported nearly nothing is garbage: looking for it takes a third of the time.
gc.disable()

# A busy machine is no bug.
hypothesis.settings.register_profile("here", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("here")


# Begun in the background by a script, Ctrl-C is ignored, and by all that is started from here.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No setting of the developer's own leaks into a test, nor into what tests look at while they are collected.
VENDOR_VARIABLES = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "FAL_KEY", "HF_ENDPOINT", "HF_TOKEN"),
    *("BFL_API_KEY", "REPLICATE_API_TOKEN", "GEMINI_API_KEY"),
)
for _name in list(os.environ):
    if _name.startswith("FRONTISPIECE_") or _name in VENDOR_VARIABLES:
        del os.environ[_name]

# Nobody here speaks TLS. All the certificates of a machine take each client a twentieth of a second; one takes nothing.
for _name in ("SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PREFECT_API_SSL_CERT_FILE"):
    os.environ.pop(_name, None)
os.environ["SSL_CERT_FILE"] = str(Path(__file__).with_name("certificate.pem"))


SERVERS = {"prefect_server", "real_server", "served"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that takes a server, through however many fixtures, needs no mark of its own.

    Files that take long come first: one of them at the end would leave a processor idle.
    """
    for item in items:
        if isinstance(item, pytest.Function) and SERVERS & set(item.fixturenames):
            item.add_marker(pytest.mark.server)
    take_long = {item.path for item in items if any(map(item.get_closest_marker, ("server", "browser", "slow")))}
    items.sort(key=lambda item: item.path not in take_long)


def pytest_collection_finish() -> None:
    """What is imported by now stays, and need not be looked at each time that Python looks for garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # or DuckDB complains


@pytest.fixture(autouse=True, scope="module")
def _nothing_left_open() -> Iterator[None]:
    """What a file has left open is found by its last test, and blamed on no other file's."""
    yield
    gc.collect()


class OutsideNetwork(AssertionError):
    """A test reached for an address that is not on this machine."""


@pytest.fixture(autouse=True, scope="session")
def _no_outside_network() -> Iterator[None]:
    """Every connection and every look-up of a name that leaves this machine fails the test."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is None or host in ("localhost", ""):
            return
        with_scope = str(host).partition("%")[0]
        try:
            inside = ipaddress.ip_address(with_scope).is_loopback or with_scope in ("0.0.0.0", "::")  # noqa: S104
        except ValueError:
            inside = False
        if not inside:
            raise OutsideNetwork(f"test reached for {host}")

    def guarded_getaddrinfo(host, *args, **kwargs):  # type: ignore[no-untyped-def]
        check((host.decode() if isinstance(host, bytes) else host,))
        return getaddrinfo(host, *args, **kwargs)

    def guarded_connect(self, address):  # type: ignore[no-untyped-def]
        check(address)
        return connect(self, address)

    def guarded_connect_ex(self, address):  # type: ignore[no-untyped-def]
        check(address)
        return connect_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _no_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The developer's own `.env` leaks into no test."""
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def _providers() -> Iterator[Providers]:
    with fake_providers() as providers:
        yield providers


@pytest.fixture
def fake(_providers: Providers) -> Providers:
    """OpenAI, fal and other painters by fakes on a real socket, which remember nothing of earlier tests."""
    _providers.renew()
    return _providers


@pytest.fixture
async def opened() -> AsyncIterator[list[Any]]:
    """What is put in here is closed when the test is over."""
    opened: list[Any] = []
    yield opened
    for each in opened:
        await each.close()


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """One server, as `frontispiece serve` starts it, for all tests that need one."""
    from prefect.logging.handlers import APILogHandler

    with real_server_in(tmp_path_factory.mktemp("prefect home")) as server:
        yield server
        # What this process has left to tell it, it tries to tell for a minute after the server has gone.
        APILogHandler().flush()


@pytest.fixture
def at_server(real_server: RealServer) -> Iterator[RealServer]:
    """The same, and Prefect's client in this process asks it."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: f"{real_server.url}/api"}):
        yield real_server


@pytest.fixture
def prefect_server(at_server: RealServer) -> None:
    """For tests that run flows in this process: nothing runs, and nobody has deployed days."""
    at_server.clear()
