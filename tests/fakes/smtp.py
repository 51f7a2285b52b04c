"""A mail server on a real socket of this machine, that a test tells what to refuse and when to hang up."""

import base64
import contextlib
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class FakeSmtp:
    """What it was sent, and how it behaves."""

    port: int = 0
    inbox: list[tuple[str, bytes]] = field(default_factory=list)
    """Receiver and letter, of all that it took."""
    logins: list[str] = field(default_factory=list)
    replies: dict[str, list[str]] = field(default_factory=dict)
    """What it answers next to a command, instead of taking it; `.` is the end of a letter, `hang up` no answer."""
    on_letter: Callable[[], None] = lambda: None
    """Called when a letter is whole, before the answer."""
    tls: ssl.SSLContext | None = None
    extensions: tuple[str, ...] = ("AUTH PLAIN",)


class _Session(socketserver.StreamRequestHandler):
    fake: FakeSmtp

    def handle(self) -> None:
        self.receiver = ""
        if self.says("220 ready", "connect"):
            while line := self.rfile.readline().decode().strip():
                if not self.answers(line):
                    return

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the one that TLS is spoken over, if any

    def says(self, usual: str, command: str) -> bool:
        """Answer as planned; whether the connection, and what was asked for, is there after it."""
        planned = self.fake.replies.get(command, [])
        reply = planned.pop(0) if planned else usual
        if reply != "hang up":
            self.wfile.write(f"{reply}\r\n".encode())
        return reply != "hang up"

    def answers(self, line: str) -> bool:
        verb = line.split(":")[0].split()[0].upper()
        match verb:
            case "EHLO":
                offered = [*self.fake.extensions, *(["STARTTLS"] if self.fake.tls else [])]
                return self.says("\r\n".join([f"250-{each}" for each in ("here", *offered)] + ["250 8BITMIME"]), verb)
            case "STARTTLS" if self.fake.tls:
                self.says("220 go on", verb)
                self.request = self.fake.tls.wrap_socket(self.connection, server_side=True)
                self.setup()
                return True
            case "AUTH":
                self.fake.logins.append(base64.b64decode(line.split()[2]).decode())
                return self.says("235 welcome", verb)
            case "RCPT":
                self.receiver = line.partition("<")[2].rstrip(">")
                return self.says("250 yes", verb)
            case "DATA":
                planned = bool(self.fake.replies.get(verb))
                return self.says("354 go on", verb) and (planned or self.takes())
            case "QUIT":
                return self.says("221 bye", verb) and False
            case _:
                return self.says("250 yes", verb)

    def takes(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if not line:
            return False
        self.fake.on_letter()
        planned = bool(self.fake.replies.get("."))
        if not planned:
            self.fake.inbox.append((self.receiver, b"".join(lines)))
        return self.says("250 taken", ".")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """That a client hangs up is no error."""


@contextlib.contextmanager
def smtp_server(**plan: object) -> Iterator[FakeSmtp]:
    fake = FakeSmtp(**plan)  # type: ignore[arg-type]
    handler = type("Session", (_Session,), {"fake": fake})
    with _Server(("127.0.0.1", 0), handler) as server:
        fake.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield fake
        finally:
            server.shutdown()
            thread.join()
