"""Broken, cut off and hostile archives are refused, in bounded time and memory."""

from __future__ import annotations

from contextlib import suppress
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.packages import broken_archives
from devpi_artifactory_compat.packages import expansion
from devpi_artifactory_compat.packages import tar_archive
from devpi_artifactory_compat.packages import zip_archive
from devpi_artifactory_compat.packages.filenames import parse_distribution
from devpi_artifactory_compat.packages.metadata import CoreMetadata
from devpi_artifactory_compat.packages.metadata import read_metadata
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.distribution_builders import metadata_text
from support.distribution_builders import sdist_bytes
from support.distribution_builders import tar_bytes
from support.distribution_builders import wheel_bytes
from support.distribution_builders import zip_bytes
import gzip
import io
import pytest
import random
import struct
import tarfile
import zipfile
import zlib


WHEEL = "demo-1.0-py3-none-any.whl"
TAR_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


def read(data: bytes, filename: str) -> CoreMetadata | None:
    return read_metadata(io.BytesIO(data), parse_distribution(filename))


def refusal(data: bytes, filename: str) -> str:
    with pytest.raises(InvalidUpload) as refused:
        read(data, filename)
    return str(refused.value)


@pytest.mark.parametrize("suffix", [*TAR_SUFFIXES, ".zip"])
@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_sdist(suffix: str, part: float) -> None:
    """A source distribution that was cut off is refused, also after its PKG-INFO."""
    data = sdist_bytes(suffix=suffix)
    cut = data[: int(len(data) * part)]
    if suffix == ".tar":
        # the end marker is the last thing that matters, padding follows
        cut = data[: int(len(data.rstrip(b"\0")) * part)]
    assert "is a broken or truncated archive" in refusal(cut, f"demo-1.0{suffix}")


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_truncated_wheel(part: float) -> None:
    """A wheel that was cut off is refused."""
    data = wheel_bytes()
    assert "broken or truncated" in refusal(data[: int(len(data) * part)], WHEEL)


def test_wheel_with_a_hole() -> None:
    """A wheel whose beginning is missing is refused."""
    assert "broken or truncated" in refusal(wheel_bytes()[100:], WHEEL)


def test_wrong_checksum_in_wheel() -> None:
    """A METADATA whose bytes do not have their CRC is refused."""
    data = zip_bytes([("demo-1.0.dist-info/METADATA", metadata_text())], zipfile.ZIP_STORED)
    assert "Bad CRC-32" in refusal(data.replace(b"Name: demo", b"Name: evil"), WHEEL)


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_wrong_checksum_in_sdist(suffix: str) -> None:
    """Compressed data is checked to its end."""
    data = bytearray(sdist_bytes(suffix=suffix))
    data[-6] ^= 0xFF
    assert "broken or truncated" in refusal(bytes(data), f"demo-1.0{suffix}")


def test_encrypted_wheel() -> None:
    """An encrypted METADATA is refused."""
    data = bytearray(wheel_bytes())
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(magic)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(magic, at + 1)
    assert "encrypted" in refusal(bytes(data), WHEEL)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_cannot_be_bounded(method: int) -> None:
    """A METADATA that could only be expanded at once is refused."""
    data = zip_bytes([("demo-1.0.dist-info/METADATA", metadata_text())], method)
    assert "neither stored nor deflated" in refusal(data, WHEEL)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_metadata_twice() -> None:
    """A wheel that holds METADATA twice is refused: readers would not agree on it."""
    path = "demo-1.0.dist-info/METADATA"
    data = zip_bytes([(path, metadata_text()), (path, metadata_text("other"))])
    assert "more than once" in refusal(data, WHEEL)


def test_member_larger_than_it_says() -> None:
    """A member that expands to more than its header states is refused."""
    text = metadata_text() + "x" * 5000
    data = bytearray(zip_bytes([("demo-1.0.dist-info/METADATA", text)]))
    for magic, size in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        data[data.find(magic) + size :][:4] = struct.pack("<L", 100)
        at = data.find(magic) + size
        data[at : at + 4] = struct.pack("<L", 100)
    assert "broken or truncated" in refusal(bytes(data), WHEEL)


def test_directory_too_large() -> None:
    """A zip archive that claims a huge directory is refused before it is read."""
    data = bytearray(20 * 1024 * 1024)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(data), 0, 0)
    assert "directory of the zip archive is too large" in refusal(bytes(data) + end, WHEEL)


def test_member_names_that_are_no_utf8() -> None:
    """Bytes that are no UTF-8 where UTF-8 is announced are refused."""
    data = zip_bytes([("demo-1.0.dist-info/METADÄTA", metadata_text())])
    assert "broken or truncated" in refusal(data.replace("Ä".encode(), b"\xff\xff"), WHEEL)


def test_too_many_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """Archives of an absurd number of members are refused."""
    monkeypatch.setattr(tar_archive, "MAX_MEMBERS", 10)
    members = [(f"demo-1.0/{number}", "") for number in range(11)]
    assert "more than 10 files" in refusal(tar_bytes(members), "demo-1.0.tar.gz")
    monkeypatch.setattr(zip_archive, "MAX_MEMBERS", 10)
    assert "more than 10 files" in refusal(zip_bytes(members), "demo-1.0.zip")
    monkeypatch.setattr(expansion, "MAX_MEMBERS", 10)
    streams = gzip.compress(b"") * 11
    assert "more than 10 compressed streams" in refusal(streams, "demo-1.0.tgz")
    assert broken_archives.MAX_MEMBERS > 100_000


@pytest.mark.parametrize("suffix", [".tar.gz", ".tar.bz2", ".tar.xz"])
def test_bomb(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file that expands to a huge one is refused before it has."""
    monkeypatch.setattr(expansion, "_ALWAYS_ALLOWED_SIZE", 1024 * 1024)
    zeros = bytes(32 * 1024 * 1024)
    data = tar_bytes(
        [("demo-1.0/PKG-INFO", metadata_text().encode()), ("demo-1.0/zeros", zeros)], suffix
    )
    limit = max(1024 * 1024, len(data) * 200)
    assert f"expands to more than {limit} bytes" in refusal(data, f"demo-1.0{suffix}")


def test_size_after_expansion_is_bounded_for_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large an archive is, it may not expand beyond a fixed size."""
    monkeypatch.setattr(expansion, "MAX_EXPANDED_SIZE", 4096)
    assert "expands to more than 4096 bytes" in refusal(sdist_bytes(), "demo-1.0.tar.gz")


def test_sdist_from_several_streams() -> None:
    """Compressed streams one after the other are one file, zeros may follow."""
    tar = tar_bytes([("demo-1.0/PKG-INFO", metadata_text())], ".tar")
    data = gzip.compress(tar[:700]) + gzip.compress(tar[700:]) + bytes(200_000)
    assert read(data, "demo-1.0.tar.gz") is not None
    assert "broken or truncated" in refusal(data + b"junk", "demo-1.0.tar.gz")


@pytest.mark.parametrize(
    "tar_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT]
)
def test_long_names(tar_format: int) -> None:
    """Names longer than a header holds are read in each of the tar formats."""
    directory = "d" * (90 if tar_format == tarfile.USTAR_FORMAT else 250)
    members = [
        (f"{directory}/sub/ünlich.py", "x" * 600),
        (f"{directory}/PKG-INFO", metadata_text()),
        (f"{directory}/last.py", "y"),
    ]
    for suffix in (".tar.gz", ".tar"):
        metadata = read(tar_bytes(members, suffix, tar_format), f"demo-1.0{suffix}")
        assert metadata is not None
        assert metadata.name == "demo"


@pytest.mark.parametrize("suffix", TAR_SUFFIXES)
def test_large_sdist(suffix: str) -> None:
    """Large content before and behind the metadata is passed over."""
    content = random.Random(0).randbytes(400_000)
    members = [("demo-1.0/a", content), ("demo-1.0/PKG-INFO", metadata_text()), ("b", content)]
    assert read(tar_bytes(members, suffix), f"demo-1.0{suffix}") is not None


def test_global_headers() -> None:
    """Headers for the whole archive, as git writes them, are passed over."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", pax_headers={"comment": "x"}) as archive:
        info = tarfile.TarInfo("demo-1.0/PKG-INFO")
        info.size = len(metadata_text())
        archive.addfile(info, io.BytesIO(metadata_text().encode()))
    assert read(buffer.getvalue(), "demo-1.0.tar.gz") is not None


@pytest.mark.parametrize("member_type", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_metadata_that_is_no_file(member_type: bytes) -> None:
    """Links are not followed."""
    info = tarfile.TarInfo("demo-1.0/PKG-INFO")
    info.type = member_type
    info.linkname = "/etc/passwd"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(info)
    assert "is not a regular file" in refusal(buffer.getvalue(), "demo-1.0.tar.gz")


def tar_header(name: str, size: int, member_type: bytes = tarfile.REGTYPE) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.type = member_type
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("tar", "message"),
    [
        (tar_header("demo-1.0/x", -512), "negative size"),
        (tar_header("demo-1.0/x", 2**62), "middle of a member"),
        (tar_header("demo-1.0/PKG-INFO", 600) + bytes(512), "middle of a member"),
        (tar_header("demo-1.0/PKG-INFO", 2**62), "larger than 8388608 bytes"),
        (tar_header("x", 2**40, tarfile.XHDTYPE), "header that is too large"),
        (tar_header("x", 2**40, tarfile.GNUTYPE_LONGNAME), "header that is too large"),
        (tar_header("x", 0, tarfile.GNUTYPE_SPARSE), "sparse files"),
        (tar_header("x", 5, tarfile.XHDTYPE) + b"99 a=".ljust(512, b"\0"), "malformed"),
        (tar_header("x", 5, tarfile.XHDTYPE) + b"0 a=\n".ljust(512, b"\0"), "malformed"),
        (tar_header("x", 5, tarfile.XHDTYPE) + b"5555\n".ljust(512, b"\0"), "malformed"),
        (
            tar_header("x", 11, tarfile.XHDTYPE) + b"11 size=-5\n".ljust(512, b"\0"),
            "no valid size",
        ),
        (b"junk" * 128, "invalid header"),
        (b"", "without an end marker"),
    ],
)
def test_malformed_tar(tar: bytes, message: str) -> None:
    """Headers that lie about sizes are refused."""
    assert message in refusal(gzip.compress(tar), "demo-1.0.tar.gz")


def test_xz_that_asks_for_a_huge_dictionary() -> None:
    """The header of an xz file may ask for gigabytes of memory: that is refused."""
    data = bytearray(sdist_bytes(suffix=".tar.xz"))
    block = 12
    assert data[block + 2 : block + 4] == b"\x21\x01"
    data[block + 4] = 40  # 4 GiB less one byte
    size = (data[block] + 1) * 4
    checksum = zlib.crc32(data[block : block + size - 4])
    data[block + size - 4 : block + size] = struct.pack("<I", checksum)

    assert "Memory usage limit exceeded" in refusal(bytes(data), "demo-1.0.tar.xz")


@settings(max_examples=200, deadline=None)
@given(
    st.binary(),
    st.sampled_from([".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".zip", "-py3-none-any.whl"]),
)
def test_any_bytes(data: bytes, suffix: str) -> None:
    """No bytes make reading fail in another way."""
    refusal(data, f"demo-1.0{suffix}")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([".tar.gz", ".tar.bz2", ".tar.xz", ".tar", ".zip", "-py3-none-any.whl"]),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_flipped_bytes(suffix: str, changes: list[tuple[float, int]]) -> None:
    """An archive in which some bytes changed is read or refused."""
    if suffix.endswith(".whl"):
        data = bytearray(wheel_bytes())
    else:
        data = bytearray(sdist_bytes(suffix=suffix))
    for position, value in changes:
        data[int(len(data) * position)] = value
    with suppress(InvalidUpload):
        read(bytes(data), f"demo-1.0{suffix}")
