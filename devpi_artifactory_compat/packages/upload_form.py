"""The legacy upload form: what upload clients POST, and what its fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.model import Checksums
from devpi_artifactory_compat.packages.form_body import BodyReader
from devpi_artifactory_compat.packages.form_body import read_multipart
from devpi_artifactory_compat.packages.form_body import read_urlencoded
from devpi_artifactory_compat.packages.form_fields import FieldValue
from devpi_artifactory_compat.packages.form_fields import metadata_values
from devpi_artifactory_compat.packages.form_parts import FormLimits
from devpi_artifactory_compat.packages.form_parts import FormParts
from multipart import parse_options_header  # type: ignore[import-untyped]  # ships no types
from types import MappingProxyType
from typing import BinaryIO
import base64


__all__ = [
    "FormLimits",
    "UploadForm",
    "check_digests",
    "metadata_fields",
    "parse_upload_form",
]

_CONTROL_FIELDS = frozenset(
    (
        "attestation",
        "attestations",
        "content",
        "filetype",
        "gpg_signature",
        "identity",
        "protocol_version",
        "pyversion",
        "sign",
    )
)


@dataclass(frozen=True, kw_only=True)
class UploadForm:
    """One request of an upload client.

    ``action`` is empty when the form names none. ``file`` is at its start and belongs to the
    form: :meth:`close` deletes it. ``size`` is that of the file, 0 without one; the digests
    (``blake2_256`` in hex) are None without one. ``signature`` is the ASCII-armoured file that
    came with it.
    """

    action: str
    fields: Mapping[str, tuple[str, ...]]
    filename: str | None = None
    file: BinaryIO | None = None
    size: int = 0
    checksums: Checksums | None = None
    blake2_256: str | None = None
    signature: bytes | None = None

    def first(self, name: str) -> str | None:
        """The first value of a field, None when the form does not have it."""
        return next(iter(self.fields.get(name, ())), None)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def parse_upload_form(
    stream: BinaryIO,
    *,
    content_type: str,
    content_length: int | None,
    limits: FormLimits = FormLimits(),  # noqa: B008  # frozen, so one for all calls is right
    spool_dir: str | None = None,
) -> UploadForm:
    """Read a ``multipart/form-data`` or ``application/x-www-form-urlencoded`` body.

    The file part goes to an unnamed file in ``spool_dir``, and is hashed on the way. Field
    values are UTF-8, or else read as Latin-1. Raises TooLarge, which says what limit the body is
    above, and InvalidUpload for a body that is cut off or cannot be understood.
    """
    if content_length is not None and content_length > limits.body_size:
        raise TooLarge(f"The request body is larger than {limits.body_size} bytes.")
    body = BodyReader(stream, content_length)
    parts = FormParts(limits, spool_dir)
    try:
        _read_parts(body, content_type, limits, parts)
        body.check_not_truncated()
        return _form(parts)
    except BaseException:
        parts.close()
        raise


def _read_parts(body: BodyReader, content_type: str, limits: FormLimits, parts: FormParts) -> None:
    media_type, options = parse_options_header(content_type)
    if media_type == "multipart/form-data":
        read_multipart(body, options.get("boundary", ""), limits, parts)
    elif media_type == "application/x-www-form-urlencoded":
        read_urlencoded(body, limits, parts)
    else:
        raise InvalidUpload(
            "The content type of the request must be multipart/form-data, "
            f"not {media_type[:100]!a}."
        )


def _form(parts: FormParts) -> UploadForm:
    fields = MappingProxyType({name: tuple(values) for name, values in parts.fields.items()})
    action = next(iter(fields.get(":action", ())), "")
    upload = parts.file
    if upload is None:
        return UploadForm(action=action, fields=fields, signature=parts.signature)
    digests = upload.hasher.digests()
    upload.file.seek(0)
    return UploadForm(
        action=action,
        fields=fields,
        filename=upload.filename,
        file=upload.file,
        size=digests.size,
        checksums=digests.checksums,
        blake2_256=digests.blake2_256,
        signature=parts.signature,
    )


def check_digests(form: UploadForm) -> None:
    """Compare the file with every digest that the form states.

    Digests are hex; MD5 may also be URL-safe Base64 without padding. An empty field states
    nothing. Raises InvalidUpload, which names the algorithm and both values.
    """
    if form.checksums is None or form.blake2_256 is None:
        return
    computed = (
        ("md5_digest", "MD5", form.checksums.md5),
        ("sha1_digest", "SHA-1", form.checksums.sha1),
        ("sha256_digest", "SHA-256", form.checksums.sha256),
        ("sha2_digest", "SHA-256", form.checksums.sha256),
        ("blake2_256_digest", "BLAKE2b-256", form.blake2_256),
    )
    for field, algorithm, digest in computed:
        for sent in form.fields.get(field, ()):
            stated = sent.strip()
            if stated and stated.lower() != digest and stated != _short_md5(algorithm, digest):
                raise InvalidUpload(
                    f"The {algorithm} digest of the file is {digest}, "
                    f"but the form says {stated[:128]!a}."
                )


def _short_md5(algorithm: str, digest: str) -> str | None:
    if algorithm != "MD5":
        return None
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def metadata_fields(form: UploadForm) -> Mapping[str, FieldValue]:
    """The metadata in the form, without the fields that steer the upload.

    Names and shapes are those of :func:`.form_fields.metadata_values`.
    """
    return metadata_values(
        {name: values for name, values in form.fields.items() if not _is_control(name)}
    )


def _is_control(name: str) -> bool:
    return name in _CONTROL_FIELDS or name.startswith(":") or name.endswith("_digest")
