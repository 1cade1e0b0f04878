"""Compressed bodies: bounded while they grow, whole or refused."""

import gzip
import zlib

import psutil
import pytest

from receiver.inflate import MAX_MEMBERS, Inflater
from receiver.status import Reason, Refused
from tests.fakes.door import bomb

MIB = 2**20


def inflated(body, encoding, *, piece=64 * 1024, limit=16 * MIB, compressed_limit=4 * MIB):
    inflater = Inflater(encoding, limit=limit, compressed_limit=compressed_limit)
    grown = sum(inflater.feed(body[at : at + piece]) for at in range(0, len(body), piece))
    whole = inflater.close()
    assert grown == len(whole)
    return whole


def refusal(*args, **options):
    with pytest.raises(Refused) as caught:
        inflated(*args, **options)
    return caught.value.reason


def raw_deflate(data):
    squeezer = zlib.compressobj(wbits=-15)
    return squeezer.compress(data) + squeezer.flush()


TEXT = b"some telemetry " * 1000


@pytest.mark.parametrize("piece", [1, 7, 10**6])
@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [("identity", bytes), ("gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", raw_deflate)],
    ids=["identity", "gzip", "zlib", "raw deflate"],
)
def test_a_body_is_the_same_in_however_many_pieces_it_comes(encoding, squeeze, piece):
    assert inflated(squeeze(TEXT), encoding, piece=piece) == TEXT


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_no_body_at_all_is_empty(encoding):
    assert inflated(b"", encoding) == b""


@pytest.mark.parametrize("piece", [5, 10**6])
def test_s07_gzip_of_several_members_is_accepted_up_to_16(piece):
    members = [gzip.compress(b"%d;" % n) for n in range(MAX_MEMBERS + 1)]
    assert inflated(b"".join(members[:16]), "gzip", piece=piece) == b"".join(b"%d;" % n for n in range(16))
    assert refusal(b"".join(members), "gzip", piece=piece) is Reason.MALFORMED


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("kept", [1, 12, -1])
def test_s07_a_truncated_body_is_malformed(encoding, kept):
    squeezed = gzip.compress(TEXT) if encoding == "gzip" else zlib.compress(TEXT)
    assert refusal(squeezed[:kept], encoding) is Reason.MALFORMED


def test_s07_what_is_not_compressed_at_all_is_malformed():
    assert refusal(TEXT, "gzip") is Reason.MALFORMED
    assert refusal(b"x\x9c" + TEXT, "deflate") is Reason.MALFORMED
    assert refusal(gzip.compress(TEXT) + b"rubbish", "gzip") is Reason.MALFORMED
    assert refusal(zlib.compress(TEXT) + b"rubbish", "deflate") is Reason.MALFORMED


def test_s06_limits_hold_to_the_byte():
    squeezed = gzip.compress(bytes(1000))
    assert inflated(squeezed, "gzip", limit=1000) == bytes(1000)
    assert refusal(squeezed, "gzip", limit=999) is Reason.TOO_LARGE
    assert inflated(squeezed, "gzip", compressed_limit=len(squeezed)) == bytes(1000)
    assert refusal(squeezed, "gzip", compressed_limit=len(squeezed) - 1) is Reason.TOO_LARGE
    assert inflated(bytes(1000), "identity", limit=1000) == bytes(1000)
    assert refusal(bytes(1000), "identity", limit=999) is Reason.TOO_LARGE


def test_s06_a_bomb_of_a_gigabyte_costs_less_than_three_times_the_limit():
    body = bomb()
    assert zlib.decompressobj(31).decompress(body, 2 * MIB) == bytes(2 * MIB)
    assert len(body) < 2 * MIB
    process = psutil.Process()
    before = process.memory_info().rss
    assert refusal(body, "gzip", piece=len(body)) is Reason.TOO_LARGE
    assert process.memory_info().rss - before < 48 * MIB
