"""The domain that passkeys belong to, and the kinds that may be added."""

import pytest

from athena_auth.settings import Settings, SettingsError, load_settings

SECRET = "x" * 40


def settings(**given: object) -> Settings:
    return load_settings(secret=SECRET, _env_file=None, **given)


def test_the_domain_is_the_host_by_default() -> None:
    assert settings(base_url="https://auth.example.com:8443").relying_party_id == "auth.example.com"
    assert settings().relying_party_id == "localhost"


@pytest.mark.parametrize("rp_id", ["example.com", "auth.example.com", "AUTH.Example.com"])
def test_it_may_be_the_host_or_a_parent(rp_id: str) -> None:
    assert settings(base_url="https://auth.example.com", rp_id=rp_id).relying_party_id == rp_id.lower()


@pytest.mark.parametrize(
    "rp_id", ["example.net", "www.auth.example.com", "com", "https://example.com", "ple.com", "127.0.0.1", ""]
)
def test_any_other_is_refused(rp_id: str) -> None:
    with pytest.raises(SettingsError, match=r"RP[_ ]ID"):
        settings(base_url="https://auth.example.com", rp_id=rp_id)


def test_kinds_are_aaguids() -> None:
    found = settings(passkey_aaguids="EE882879-721C-4913-9775-3DFCCE97072A, ").passkey_aaguids

    assert found == ("ee882879-721c-4913-9775-3dfcce97072a",)
    with pytest.raises(SettingsError, match="AAGUID"):
        settings(passkey_aaguids="yubikey")
