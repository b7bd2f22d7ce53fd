"""A real SMTP server that stands for the one in the settings; it keeps what it is sent."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "csms", "for the mail server"


class Mailboxes:
    """Answers what a test has put into `answers` to the next recipients, 250 when there is nothing left."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, EmailMessage]] = []
        self.answers: list[str] = []
        self.logged_in: list[bool] = []
        self.port = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
        self.logged_in.append(session.authenticated)
        self.mails += [(to, message) for to in envelope.rcpt_tos]
        return "250 OK"

    async def next(self, to: str) -> EmailMessage:
        """The next mail to this address, which is taken out."""
        async with asyncio.timeout(20):
            while True:
                for one in self.mails:
                    if one[0] == to:
                        self.mails.remove(one)
                        return one[1]
                await asyncio.sleep(0.01)

    async def token(self, to: str, page: str) -> str:
        """What stands behind the # of the link in the next mail to this address."""
        text = str((await self.next(to)).get_content())
        [found] = re.findall(rf"^https://csms\.example/{page}#(\S+)\s*$", text, flags=re.MULTILINE)
        return str(found)


@contextlib.asynccontextmanager
async def receiving_mail() -> AsyncIterator[Mailboxes]:
    boxes = Mailboxes()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()))

    def speaker() -> SMTP:
        return SMTP(
            boxes, hostname="mail.test", enable_SMTPUTF8=True, authenticator=authenticate, auth_require_tls=False
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(speaker, "127.0.0.1", 0)
    boxes.port = server.sockets[0].getsockname()[1]
    try:
        yield boxes
    finally:
        server.close()
        await server.wait_closed()
