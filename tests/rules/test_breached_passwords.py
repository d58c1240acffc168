"""Searching a file of hashes."""

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from athena_auth.accounts.breaches.hash_file import HashFile
from athena_auth.accounts.breaches.model import SourceFailed

hashes = st.binary(min_size=20, max_size=20).map(lambda digest: digest.hex().upper())
counts = st.none() | st.integers(1, 10**12 - 1)


def written(lines: list[str], *, end: str, last: bool = True) -> io.BytesIO:
    text = end.join(lines) + (end if last else "")
    return io.BytesIO(text.encode())


@given(
    st.dictionaries(hashes, counts, min_size=1, max_size=60),
    st.lists(hashes, max_size=20),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from([16, 17, 32, 40]),
    st.booleans(),
)
def test_all_that_is_in_the_file_is_found_and_nothing_else(
    known: dict[str, int | None], others: list[str], end: str, last: bool, digits: int, lower: bool
) -> None:
    lines = [f"{sha1[:digits]}{'' if n is None else f':{n}'}" for sha1, n in sorted(known.items())]
    file = HashFile(written([line.lower() for line in lines] if lower else lines, end=end, last=last))

    assert file.is_in_order()
    assert all(map(file.contains, known))
    prefixes = {sha1[:digits] for sha1 in known}
    assert all(file.contains(other) is (other[:digits] in prefixes) for other in others)


class Counted(io.BytesIO):
    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        return super().read(size)


@given(st.lists(hashes, min_size=200, max_size=400, unique=True), hashes)
def test_a_search_reads_a_few_lines_only(known: list[str], wanted: str) -> None:
    data = Counted("".join(f"{sha1}:3\n" for sha1 in sorted(known)).encode())
    file = HashFile(data)

    file.contains(wanted)

    assert data.reads <= 2 + len(bin(len(known) * 43))


def test_a_hash_that_was_never_found_is_padding() -> None:
    assert not HashFile(written(["A" * 40 + ":0"], end="\n")).contains("A" * 40)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"password\n",
        b"\xef\xbb\xbf" + b"A" * 40,
        b"A" * 15 + b"\n",
        b"A" * 41,
        b"A" * 5000,
        b"A" * 40 + b":\n",
    ],
)
def test_what_is_not_in_the_format_is_refused(content: bytes) -> None:
    with pytest.raises(SourceFailed):
        HashFile(io.BytesIO(content))


@given(st.binary(max_size=400), hashes)
def test_garbage_never_does_more_than_fail(content: bytes, wanted: str) -> None:
    line = b"0123456789ABCDEF0123456789ABCDEF01234567\n"
    for data in (content, line + content, line * 5 + content + line):
        found: Any = None
        try:
            file = HashFile(io.BytesIO(data))
            found = file.is_in_order(), file.contains(wanted)
        except SourceFailed:
            continue
        assert found is not None


@given(st.lists(hashes, min_size=2, max_size=60, unique=True))
def test_a_file_that_is_not_sorted_is_noticed(known: list[str]) -> None:
    lines = sorted(known, reverse=True)

    assert not HashFile(written(lines, end="\n")).is_in_order()


def test_lines_of_different_lengths_are_refused() -> None:
    file = HashFile(written(["1" * 40, "2" * 16, "3" * 40], end="\n"))

    with pytest.raises(SourceFailed, match="different numbers of digits"):
        file.contains("2" * 40)
