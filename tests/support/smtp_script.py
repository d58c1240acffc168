"""A mail server on a real socket that answers each command from a script."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

EHLO = "250-mail.example\n250-AUTH PLAIN LOGIN\n250 ENHANCEDSTATUSCODES"
END_OF_MESSAGE = "."
"""How the script names the end of a message; its answer accepts the message or not."""
CREDENTIALS = "credentials"
"""How the script names what follows the challenge of a login, the answer `334`."""
_USUAL = {
    "greeting": "220 mail.example",
    "EHLO": EHLO,
    "AUTH": "235 2.7.0 Welcome",
    CREDENTIALS: "235 2.7.0 Welcome",
    "DATA": "354 Go on",
    END_OF_MESSAGE: "250 2.0.0 Queued",
    "QUIT": "221 Bye",
}


@dataclass
class ScriptedServer:
    """The server's answer to each command (lines end with a newline), and the commands that it received.

    A command that is not in the script gets the answer of a server that accepts everything. To repair the server, remove
    the answer from the script.
    """

    script: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def argument_of(self, verb: str) -> str:
        """Return the argument of the last command with this verb."""
        return [command.partition(" ")[2] for command in self.commands if command.startswith(verb)][-1]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError), contextlib.closing(writer):
            answer = self._answer(writer, "greeting")
            while line := await reader.readline():
                command = line.decode().rstrip("\r\n")
                self.commands.append(command)
                verb = CREDENTIALS if answer.startswith("334") else command.partition(" ")[0]
                answer = self._answer(writer, verb)
                if answer.startswith("354"):
                    await self._take_message(reader, writer)

    async def _take_message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message = (await reader.readuntil(b"\r\n.\r\n")).decode()
        if self._answer(writer, END_OF_MESSAGE).startswith("250"):
            self.accepted.append(message)

    def _answer(self, writer: asyncio.StreamWriter, command: str) -> str:
        answer = self.script.get(command) or _USUAL.get(command, "250 OK")
        writer.write(answer.replace("\n", "\r\n").encode() + b"\r\n")
        return answer


@contextlib.asynccontextmanager
async def scripted(**script: str) -> AsyncIterator[ScriptedServer]:
    """Run a server with this script on a free port of 127.0.0.1."""
    server = ScriptedServer(script)
    async with await asyncio.start_server(server.talk, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
