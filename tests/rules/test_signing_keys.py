"""Which key signs, and how long it is published; what a token says."""

from hypothesis import given
from hypothesis import strategies as st

from athena_auth.assertions import rules
from athena_auth.assertions.rules import CACHE, LONGEST_TTL, MAX_AGE, SigningKey, TokenIssuer
from athena_auth.kernel.clock import Millis, after
from athena_auth.kernel.ids import SessionId, UserId
from athena_auth.sessions.model import Amr, Assurance, Level, Session
from athena_auth.wire.caller import ClientInfo

START = Millis(1_700_000_000_000)
DAY = 86_400
instants = st.integers(0, 400 * DAY).map(lambda seconds: after(START, seconds))


def key(number: int, signs_from: Millis) -> SigningKey:
    return SigningKey(str(number), "EdDSA", number, b"", signs_from, rules.expiry(signs_from))


def rotated(at: list[Millis]) -> list[SigningKey]:
    """Return the keys that rotations at these times have left, none of them swept."""
    keys: list[SigningKey] = []
    for number, now in enumerate(sorted(at), start=1):
        signs_from = rules.begins_to_sign(now, at_once=rules.signing_key(keys, now) is None)
        ends = rules.expiry_of_superseded(signs_from)
        keys = [
            SigningKey(k.id, k.algorithm, k.number, b"", k.signs_from, min(k.expires_at, ends)) for k in keys
        ]
        keys.append(key(number, signs_from))
    return keys


@given(st.lists(instants, min_size=1, max_size=8), instants, st.integers(0, CACHE + LONGEST_TTL))
def test_a_key_is_published_until_its_last_token_has_expired(
    at: list[Millis], now: Millis, later: int
) -> None:
    """Even if a process signs with what it loaded a minute ago, and the token is verified as it expires."""
    keys = rotated(at)
    signing = rules.signing_key(keys, now)

    assert signing is None or signing.expires_at > after(now, later)


@given(st.lists(instants, min_size=2, max_size=8))
def test_a_successor_is_published_before_it_signs(at: list[Millis]) -> None:
    published = sorted(at)
    for rotation, made in zip(published, rotated(at), strict=True):
        others = [each for each in rotated(at) if each.number < made.number]
        if rules.signing_key(others, rotation) is not None:
            assert made.signs_from >= after(rotation, CACHE + 2 * MAX_AGE)


@given(
    st.sampled_from(Level),
    st.lists(st.sampled_from(Amr), min_size=1, unique=True),
    instants,
    st.integers(0, 10**9),
    st.integers(1, 10**9),
    st.integers(30, LONGEST_TTL),
)
def test_claims_never_say_more_than_the_session(
    level: Level, amr: list[Amr], now: Millis, since: int, left: int, ttl: int
) -> None:
    proven_at = Millis(now - since)
    session = Session(
        SessionId("s"),
        UserId("u"),
        Assurance(level, tuple(amr)),
        proven_at,
        left,
        True,  # noqa: FBT003 - whether its cookie outlives the browser
        ClientInfo("", ""),
        proven_at,
        proven_at,
        Millis(now + left),
    )

    claims = rules.claims(session, TokenIssuer("i", "a", ttl), "t", now)

    assert claims["exp"] * 1000 <= session.expires_at
    assert claims["exp"] - claims["iat"] <= ttl
    assert claims["iat"] * 1000 <= now
    assert claims["auth_time"] * 1000 <= proven_at
    assert claims["acr"] == f"level-{level}"
    assert [method for method in claims["amr"] if method != "mfa"] == amr
    may_be_mfa = level is Level.TWO and set(amr) - {Amr.PASSWORD, Amr.TRUSTED_DEVICE}
    assert ("mfa" in claims["amr"]) is bool(may_be_mfa)
