"""Services in other languages accept the server's tokens, and nothing else."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from athena_auth.crypto.signing import Signer, SigningAlgorithm, new_private_key
from support.process import Server, serving
from support.verifiers import VERIFIERS, key_set_server, verify

ISSUER = "https://auth.example.com"
KEYS = {each: Signer(f"key-{each}", new_private_key(each)) for each in SigningAlgorithm}
STRANGER_KEY = new_private_key(SigningAlgorithm.EDDSA)
STRANGER = Signer("key-EdDSA", STRANGER_KEY)
UNKNOWN = Signer("key-of-nobody", new_private_key(SigningAlgorithm.ES256))


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time_ns() // 1_000_000_000)
    says = {"iss": ISSUER, "aud": ISSUER, "sub": "ada", "sid": "s", "jti": "t", "iat": now, "exp": now + 300}
    return says | {"auth_time": now, "acr": "level-1", "amr": ["pwd"]} | changed


def encoded(part: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(part)).decode().rstrip("=")


def unsigned(header: dict[str, str], sign: Callable[[bytes], bytes]) -> str:
    text = f"{encoded(header)}.{encoded(claims())}"
    return f"{text}.{urlsafe_b64encode(sign(text.encode())).decode().rstrip('=')}"


def with_public_key_as_secret(message: bytes) -> bytes:
    """Sign as those who take HS256 from the header would verify: with the public key, which everybody has."""
    return hmac.digest(str(KEYS[SigningAlgorithm.EDDSA].public_jwk["x"]).encode(), message, "sha256")


def forged() -> dict[str, str]:
    """Return tokens that must be refused."""
    key = KEYS[SigningAlgorithm.EDDSA]
    now = claims()["iat"]
    header, body, signature = key.sign(claims()).split(".")
    other_algorithm = encoded({"alg": "ES256", "kid": "key-EdDSA", "typ": "JWT"})
    return {
        "no signature": unsigned({"alg": "none", "kid": "key-EdDSA"}, lambda _: b""),
        "none without a key": unsigned({"alg": "none"}, lambda _: b""),
        "public key as secret": unsigned({"alg": "HS256", "kid": "key-EdDSA"}, with_public_key_as_secret),
        "another key under the same name": STRANGER.sign(claims()),
        "an unknown key": UNKNOWN.sign(claims()),
        "the algorithm of another key": f"{other_algorithm}.{body}.{signature}",
        "other claims": f"{header}.{encoded(claims(sub='eve'))}.{signature}",
        "expired": key.sign(claims(exp=now - 60, iat=now - 360)),
        "another issuer": key.sign(claims(iss="https://evil.example.com")),
        "another audience": key.sign(claims(aud="https://other.example.com")),
        "from the future": key.sign(claims(iat=now + 600, exp=now + 900)),
        "cut short": f"{header}.{body}",
        "no token": "not a token",
        "empty": "",
    }


@pytest.mark.parametrize("language", VERIFIERS)
def test_what_the_server_did_not_say_is_refused(language: str, tmp_path: Path) -> None:
    good = [key.sign(claims()) for key in KEYS.values()]
    attacks = forged()
    with key_set_server([key.public_jwk for key in KEYS.values()]) as served:
        said = verify(language, tmp_path, [*good, *attacks.values()], issuer=ISSUER, jwks=served.url)

    assert said[:2] == ["accepted: ada level-1 pwd"] * 2
    accepted = [name for name, line in zip(attacks, said[2:], strict=True) if not line.startswith("refused:")]
    assert accepted == []


@pytest.mark.parametrize("language", VERIFIERS)
def test_a_level_can_be_demanded(language: str, tmp_path: Path) -> None:
    key = KEYS[SigningAlgorithm.ES256]
    tokens = [key.sign(claims()), key.sign(claims(acr="level-2"))]
    with key_set_server([key.public_jwk]) as served:
        said = verify(language, tmp_path, tokens, issuer=ISSUER, jwks=served.url, level=2)

    assert [line.partition(":")[0] for line in said] == ["refused", "accepted"]


@pytest.mark.parametrize("language", ["node", "go"])
def test_a_recent_factor_can_be_demanded(language: str, tmp_path: Path) -> None:
    key = KEYS[SigningAlgorithm.ES256]
    hour_ago = claims()["iat"] - 3600
    tokens = [key.sign(claims()), key.sign(claims(auth_time=hour_ago))]
    with key_set_server([key.public_jwk]) as served:
        said = verify(language, tmp_path, tokens, issuer=ISSUER, jwks=served.url, fresh=1800)

    assert [line.partition(":")[0] for line in said] == ["accepted", "refused"]


@pytest.mark.parametrize(
    ("language", "status"),
    # PyJWT's client fetches again at once when the key set cannot be fetched.
    [("node", 200), ("node", 500), ("go", 200), ("go", 500), ("python", 200)],
)
def test_tokens_with_invented_keys_do_not_become_requests(language: str, tmp_path: Path, status: int) -> None:
    tokens = [Signer(f"invented-{number}", STRANGER_KEY).sign(claims()) for number in range(20)]
    with key_set_server([KEYS[SigningAlgorithm.ES256].public_jwk], status) as served:
        said = verify(language, tmp_path, tokens, issuer=ISSUER, jwks=served.url)

    assert all(line.startswith("refused:") for line in said)
    assert served.requests == 1


@pytest.fixture(scope="module", params=list(SigningAlgorithm))
def signing_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serving(tmp_path_factory.mktemp("server"), token_algorithm=request.param) as server:
        yield server


@pytest.mark.parametrize("language", VERIFIERS)
def test_a_token_of_a_real_server_is_accepted(signing_server: Server, language: str, tmp_path: Path) -> None:
    issuer = signing_server.base_url.removesuffix("/api/auth")
    with httpx.Client(base_url=signing_server.base_url) as http:
        body = {"name": "Ada", "email": f"{language}@example.com", "password": "correct horse battery"}
        signed_up = http.post("/sign-up/email", json=body).json()
        token = http.get("/token", headers={"authorization": f"Bearer {signed_up['token']}"}).json()["token"]
        at_root = httpx.get(f"{issuer}/.well-known/jwks.json")

    said = verify(language, tmp_path, [token], issuer=issuer, jwks=f"{signing_server.base_url}/jwks")

    assert said == [f"accepted: {signed_up['user']['id']} level-1 pwd"]
    assert at_root.json() == httpx.get(f"{signing_server.base_url}/jwks").json()
