"""The tokens of a client, and where it stores them."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Tokens(msgspec.Struct, frozen=True, rename="camel"):
    """The tokens of a client: of its session, and those that make it a trusted device or a recognized browser."""

    session: str | None = None
    trusted_device: str | None = None
    recognized_browser: str | None = None

    def __repr__(self) -> str:
        return f"Tokens({', '.join(f'{name}={value}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the names of the tokens that are set, never their values."""
        present = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        return [(name, "<hidden>") for name in present]


class TokenStore(Protocol):
    """Stores the tokens of one user at one server.

    It is read before every request, so changes made by other processes take effect. Both clients call it directly, the
    asynchronous one on its event loop: it must not block for long.
    """

    def load(self) -> Tokens:
        """Return the tokens saved last, or empty `Tokens`."""

    def save(self, tokens: Tokens) -> None:
        """Replace the stored tokens by these."""


class MemoryTokenStore:
    """Stores the tokens in memory.

    Args:
        session: The token of a session to start with, the bearer token.
        trusted_device: The token of a trusted device to start with.
    """

    def __init__(self, *, session: str | None = None, trusted_device: str | None = None) -> None:
        self._tokens = Tokens(session, trusted_device)

    def load(self) -> Tokens:
        """Return the stored tokens."""
        return self._tokens

    def save(self, tokens: Tokens) -> None:
        """Replace the stored tokens by these."""
        self._tokens = tokens


class FileTokenStore:
    """Stores the tokens in a file that only its owner can read. Use one file for each user and server.

    Args:
        path: The file, created at the first `save`; its folder must exist.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def __repr__(self) -> str:
        return f"FileTokenStore({str(self._path)!r})"

    def load(self) -> Tokens:
        """Return the tokens in the file, or empty `Tokens` if there is no file.

        Raises:
            PermissionError: other users can read the file, so its tokens may be stolen.
            ValueError: the file contains something else.
        """
        try:
            with self._path.open("rb") as file:
                self._require_private(os.fstat(file.fileno()).st_mode)
                content = file.read()
        except FileNotFoundError:
            return Tokens()
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return msgspec.json.decode(content, type=Tokens)
        raise ValueError(f"{self._path} does not contain the tokens of an Athena client.")

    def save(self, tokens: Tokens) -> None:
        """Replace the file atomically, or remove it if there are no tokens."""
        if tokens == Tokens():
            self._path.unlink(missing_ok=True)
            return
        # Private from the first byte on, and renamed: no reader sees half a file.
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(tokens))
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _require_private(self, mode: int) -> None:
        if os.name == "posix" and mode & _OTHERS:
            raise PermissionError(
                f"Other users can read {self._path}. Sign out of its sessions, or run: chmod 600 {self._path}"
            )
