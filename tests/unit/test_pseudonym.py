from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.key import KEY_BYTES, KeyRefused, load_key
from db.pseudonym import public_id

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
scopes = st.from_regex(r"[A-Z0-9-]{1,20}", fullmatch=True)
CROCKFORD = re.compile(r"[0-9a-hjkmnp-tv-z]{16}")
# Computed with `openssl dgst -mac HMAC` and five bits at a time: ids must never change.
KNOWN = "d6ge8efdvwmsf1jh"


@given(keys, scopes, st.uuids())
def test_an_id_is_stable_and_fits_its_column(key: bytes, scope: str, patient: UUID) -> None:
    assert public_id(key, scope, patient) == public_id(key, scope, patient)
    assert CROCKFORD.fullmatch(public_id(key, scope, patient))


@given(keys, scopes, scopes, st.uuids(), st.uuids())
def test_ids_differ_by_scope_and_by_patient(
    key: bytes, one: str, other: str, patient: UUID, another: UUID
) -> None:
    assert (public_id(key, one, patient) == public_id(key, other, patient)) == (one == other)
    assert (public_id(key, one, patient) == public_id(key, one, another)) == (patient == another)


@given(keys, keys, st.uuids())
def test_ids_differ_by_key(key: bytes, other: bytes, patient: UUID) -> None:
    assert (public_id(key, "A", patient) == public_id(other, "A", patient)) == (key == other)


def test_two_scopes_share_no_prefix_and_no_order() -> None:
    key = bytes(range(KEY_BYTES))
    patients = [UUID(int=n) for n in range(4000)]
    pairs = [(public_id(key, "AGR-A", p), public_id(key, "AGR-B", p)) for p in patients]
    for length, expected in ((1, 4000 / 32), (2, 4000 / 1024)):
        same = sum(one[:length] == other[:length] for one, other in pairs)
        assert same < 2 * expected + 10
    rising = sum((a[0] < b[0]) == (a[1] < b[1]) for a, b in pairwise(pairs))
    assert 0.45 < rising / len(pairs) < 0.55


def test_an_id_is_the_one_it_always_was() -> None:
    assert public_id(bytes(range(KEY_BYTES)), "AGR-OLA-01", UUID(int=1)) == KNOWN


def test_a_missing_key_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "pseudonym.key"
    key = load_key(path)
    assert len(key) == KEY_BYTES
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path) == key
    assert list(path.parent.iterdir()) == [path]


def test_processes_at_once_end_with_one_key(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(load_key, [path] * 64))
    assert keys == {path.read_bytes()}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_a_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pseudonym.key"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match="open to other users: run chmod 600"):
        load_key(path)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused_and_kept(tmp_path: Path, length: int) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_bytes(b"k" * length)
    path.chmod(0o600)
    with pytest.raises(KeyRefused, match="does not hold exactly 32 bytes"):
        load_key(path)
    assert path.read_bytes() == b"k" * length


def test_a_directory_or_a_fifo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused):
        load_key(tmp_path)
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(KeyRefused, match="not a regular file"):
        load_key(tmp_path / "fifo")


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyRefused):
        load_key(tmp_path / "file" / "pseudonym.key")
