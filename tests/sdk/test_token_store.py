"""A caller's token store that fails: the call raises the same error as for other failures."""

from pathlib import Path

import pytest

from athena_auth_client import (
    AthenaError,
    FileTokenStore,
    MemoryTokenStore,
    Tokens,
    TokenStoreError,
)
from support.sdk import SdkHarness


class Keyring(MemoryTokenStore):
    """A store that breaks when it is told to."""

    broken_load: Exception | None = None
    broken_save: Exception | None = None

    def load(self) -> Tokens:
        if self.broken_load:
            raise self.broken_load
        return super().load()

    def save(self, tokens: Tokens) -> None:
        if self.broken_save:
            raise self.broken_save
        super().save(tokens)


@pytest.mark.parametrize(
    "cause", [OSError("the keyring is locked"), ValueError("it is full"), KeyError("athena")]
)
def test_a_store_that_cannot_load_is_an_error_and_nothing_is_sent(
    harness: SdkHarness, cause: Exception
) -> None:
    keyring = Keyring()
    keyring.broken_load = cause
    client = harness.client(tokens=keyring)

    with pytest.raises(TokenStoreError) as failed:
        harness.sign_up(client)

    assert isinstance(failed.value, AthenaError)
    assert (failed.value.code, failed.value.status) == ("TOKEN_STORE_FAILED", None)
    assert failed.value.__cause__ is cause
    keyring.broken_load = None
    harness.sign_up(client)


def test_a_store_that_cannot_save_is_an_error_that_says_that_the_call_was_done(harness: SdkHarness) -> None:
    cause = OSError("no space left on the device")
    keyring = Keyring()
    keyring.broken_save = cause
    client = harness.client(tokens=keyring)

    with pytest.raises(TokenStoreError, match="The call succeeded") as failed:
        harness.sign_up(client)

    assert failed.value.__cause__ is cause
    keyring.broken_save = None
    harness.sign_in(client)
    assert harness.is_signed_in(client)


def test_a_file_that_others_may_read_is_told_as_the_cause(harness: SdkHarness, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    client = harness.client(tokens=FileTokenStore(file))
    harness.sign_up(client)
    file.chmod(0o644)

    with pytest.raises(TokenStoreError) as failed:
        harness.is_signed_in(client)

    assert isinstance(failed.value.__cause__, PermissionError)
    assert "chmod 600" in str(failed.value.__cause__)
