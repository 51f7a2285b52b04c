"""The user's mail server, spoken to by SMTP. What it refuses, and that it cannot be reached, becomes one sentence."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import parseaddr
from typing import Final

from frontispiece.errors import BadInput, MailError, MailUnavailable
from frontispiece.settings import Settings, key_to_send, variable
from frontispiece.text import quoted

SECONDS: Final = 60.0
"""How long a reply may take."""
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Undecided(Exception):
    """The line broke off while the letter was on its way: nobody can tell whether it was taken."""


class MailServer:
    """The server of the settings and, once it is needed, a connection to it.

    Its calls wait for the server. Raises BadInput for a password that cannot be, or would go over an open line.
    """

    def __init__(self, settings: Settings) -> None:
        self._host = settings.smtp_host or ""
        self._security = settings.smtp_security
        self._port = settings.smtp_port or _PORTS[self._security]
        self._user = settings.smtp_user or ""
        self._password = key_to_send(settings.smtp_password, variable("smtp_password"))
        self._sender = parseaddr(settings.letter_from or "")[1]
        self._line: smtplib.SMTP | None = None
        self._is_announced = False
        if bool(self._password) != bool(self._user):
            raise BadInput(f"{variable('smtp_user')} and {variable('smtp_password')} go together; one is not set.")
        if self._password and self._security == "none" and self._host not in _HERE:
            raise BadInput(f"{variable('smtp_security')} is none: the password would go to {self._host} unprotected.")

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection that can be used."""
        return self._line is not None

    def announce(self, receiver: str) -> None:
        """Have the server wait for a letter to this receiver: all it needs, but for the letter.

        Raises MailError and MailUnavailable; the connection is left where only this receiver is refused.
        """
        with self._speaking():
            line = self._line = self._line or self._connected()
            self._check(f"the sender {self._sender}", *line.mail(self._sender))
            self._check(f"the receiver {receiver}", *line.rcpt(parseaddr(receiver)[1]))
            self._check("a letter", *line.docmd("DATA"))
            self._is_announced = True

    def send(self, content: bytes) -> None:
        """Send the letter that was announced. Raises MailError and MailUnavailable when it is refused, or Undecided."""
        line, self._is_announced = self._line, False
        if line is None:
            raise Undecided
        try:
            line.send(re.sub(rb"(?m)^\.", b"..", content) + b"\r\n.\r\n")
            code, said = line.getreply()
        except OSError as error:
            self.hang_up()
            raise Undecided from error
        self._check("the letter", code, said)

    def leave(self) -> None:
        """Take leave of the server, where there is a connection."""
        if self._line is not None and not self._is_announced:  # in which case it would be taken for the letter
            with suppress(OSError):
                self._line.quit()
        self.hang_up()

    def hang_up(self) -> None:
        """End the connection; a letter that was announced and not sent is none."""
        if self._line is not None:
            self._line.close()
        self._line = None
        self._is_announced = False

    def _connected(self) -> smtplib.SMTP:
        name = socket.gethostname()
        here = name if "." in name else "[127.0.0.1]"  # smtplib would look its own name up, which may take long
        if self._security == "tls":
            trusted = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, here, timeout=SECONDS, context=trusted)
        else:
            line = smtplib.SMTP(self._host, self._port, here, timeout=SECONDS)
        try:
            if self._security == "starttls":
                line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
            if self._user:
                line.login(self._user, self._password)
        except BaseException:
            line.close()
            raise
        return line

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """What smtplib raises, in terms of ours."""
        try:
            yield
        except smtplib.SMTPResponseException as error:
            self._check("us", error.smtp_code, error.smtp_error)
            raise
        except OSError as error:
            self.hang_up()
            kind: type[MailError] = MailUnavailable
            if isinstance(error, smtplib.SMTPServerDisconnected):
                why = "it hung up"
            elif isinstance(error, smtplib.SMTPException):
                kind, why = MailError, str(error)
            elif isinstance(error, ssl.SSLCertVerificationError):
                kind, why = MailError, f"{error.verify_message}; SSL_CERT_FILE may name certificates of your own"
            else:
                why = "it does not answer" if isinstance(error, TimeoutError) else error.strerror or str(error)
            raise kind(f"The mail server {self._where} cannot be used: {quoted(why, self._password)}.") from error

    def _check(self, what: str, code: int, said: bytes | str) -> None:
        """Raise what this reply means, where it is a refusal."""
        if 200 <= code < 400:
            return
        if self._line is not None:
            try:
                self._line.rset()
            except OSError:
                self.hang_up()
        words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        kind = MailUnavailable if 400 <= code < 500 else MailError
        raise kind(f"The mail server {self._where} refuses {what}: {code} {quoted(words, self._password)}.")

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"
