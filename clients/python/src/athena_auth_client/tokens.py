"""The tokens a client holds, and where it keeps them."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """What a client has to show: the session's token, and those that make it a trusted or a recognized device."""

    session: str | None = None
    trusted_device: str | None = None
    recognized_browser: str | None = None

    def __repr__(self) -> str:
        return f"Tokens({', '.join(f'{name}={value}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return which tokens there are, never what they are."""
        held = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        return [(name, "<hidden>") for name in held]


class TokenStore(Protocol):
    """Where a client keeps its tokens: those of one person, at one server.

    It is asked before every request, so what another process saves is seen. Both clients call it where
    they are, the asynchronous one on its event loop: keep it quick.
    """

    def load(self) -> Tokens:
        """Return what was saved last, or no tokens."""

    def save(self, tokens: Tokens) -> None:
        """Keep these and forget what was there."""


class MemoryTokenStore:
    """Keeps the tokens as long as the process lives."""

    def __init__(self, *, session: str | None = None, trusted_device: str | None = None) -> None:
        """Begin with these tokens; a session's is what the clients call the bearer token."""
        self._tokens = Tokens(session, trusted_device)

    def load(self) -> Tokens:
        """Return the tokens."""
        return self._tokens

    def save(self, tokens: Tokens) -> None:
        """Keep these."""
        self._tokens = tokens


class FileTokenStore:
    """Keeps the tokens in a file that only its owner may read; take one file for each person and server."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Take the file, which need not exist yet; its folder must."""
        self._path = Path(path)

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._path)!r})"

    def load(self) -> Tokens:
        """Return what the file holds.

        Raises:
            PermissionError: others may read the file, so its tokens may be others' too.
            ValueError: it holds something else.
        """
        try:
            with self._path.open("rb") as file:
                self._refuse_if_shared(os.fstat(file.fileno()).st_mode)
                content = file.read()
        except FileNotFoundError:
            return Tokens()
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return msgspec.json.decode(content, type=Tokens)
        raise ValueError(f"{self._path} does not hold the tokens of an Athena client.")

    def save(self, tokens: Tokens) -> None:
        """Replace the file as a whole, or remove it when there is nothing to keep."""
        if tokens == Tokens():
            self._path.unlink(missing_ok=True)
            return
        # Made readable by nobody else from the first byte on, and renamed: a reader never meets half a file.
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(tokens))
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _refuse_if_shared(self, mode: int) -> None:
        if os.name == "posix" and mode & _OTHERS:
            raise PermissionError(
                f"Others may read {self._path}. Sign out of its sessions, or run: chmod 600 {self._path}"
            )
