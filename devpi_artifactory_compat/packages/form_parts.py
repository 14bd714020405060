"""The parts of an upload form while they arrive, held within limits."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field
from devpi_artifactory_compat.errors import InvalidUpload
from devpi_artifactory_compat.errors import TooLarge
from devpi_artifactory_compat.packages.hashing import FileHasher
from typing import BinaryIO
import tempfile


__all__ = ["FormLimits", "FormParts", "UploadedFile", "decode_field"]

_MAX_PART_HEADERS = 1024


@dataclass(frozen=True, kw_only=True)
class FormLimits:
    """Bounds of one upload request; all but ``fields`` in bytes.

    ``fields`` counts values, so a field that is sent twice counts twice. ``field_size`` is for
    one value, ``fields_size`` for all names and values together.
    """

    fields: int = 10_000
    field_size: int = 10 * 1024**2
    fields_size: int = 32 * 1024**2
    signature_size: int = 64 * 1024
    file_size: int = 4 * 1024**3

    @property
    def body_size(self) -> int:
        """What a whole body can be within the other limits."""
        headers = self.fields * _MAX_PART_HEADERS
        return self.file_size + self.fields_size + self.signature_size + headers


@dataclass(frozen=True)
class UploadedFile:
    """The file part while it arrives: an unnamed file and its digests."""

    filename: str
    file: BinaryIO
    hasher: FileHasher


@dataclass
class _OpenPart:
    """The part that is being received."""

    name: str
    limit: int
    limit_text: str
    size: int = 0
    data: bytearray = field(default_factory=bytearray)


class FormParts:
    """Collects the parts of a form: :meth:`begin`, :meth:`write` several times, :meth:`end`."""

    def __init__(self, limits: FormLimits, spool_dir: str | None) -> None:
        self.fields: dict[str, list[str]] = {}
        self.file: UploadedFile | None = None
        self.signature: bytes | None = None
        self.count = 0
        self._limits = limits
        self._spool_dir = spool_dir
        self._fields_size = 0
        self._part = _OpenPart("", 0, "")

    def begin(self, name: str, filename: str | None) -> None:
        limits = self._limits
        self.count += 1
        if not name:
            raise InvalidUpload("A part of the form has no name.")
        if name == "content":
            self._begin_file(filename)
            self._part = _OpenPart(name, limits.file_size, "The file is larger than")
        elif name == "gpg_signature":
            if self.signature is not None:
                raise InvalidUpload("The form has more than one part 'gpg_signature'.")
            self._part = _OpenPart(name, limits.signature_size, "The signature is larger than")
        else:
            if self.count > limits.fields:
                raise TooLarge(f"The form has more than {limits.fields} fields.")
            text = f"The field {name[:100]!a} is larger than"
            self._part = _OpenPart(name, limits.field_size, text)
            self._count_fields_size(len(name))

    def write(self, data: bytes) -> None:
        part = self._part
        part.size += len(data)
        if part.size > part.limit:
            raise TooLarge(f"{part.limit_text} {part.limit} bytes.")
        if part.name == "content" and self.file is not None:
            self.file.file.write(data)
            self.file.hasher.update(data)
        else:
            part.data += data
            if part.name != "gpg_signature":
                self._count_fields_size(len(data))

    def end(self) -> None:
        part = self._part
        if part.name == "gpg_signature":
            self.signature = bytes(part.data)
        elif part.name != "content":
            self.fields.setdefault(part.name, []).append(decode_field(bytes(part.data)))

    def add_field(self, name: str, value: bytes) -> None:
        self.begin(name, None)
        self.write(value)
        self.end()

    def close(self) -> None:
        if self.file is not None:
            self.file.file.close()

    def _begin_file(self, filename: str | None) -> None:
        if self.file is not None:
            raise InvalidUpload("The form has more than one part 'content'.")
        if not filename:
            raise InvalidUpload("The part 'content' of the form is no file: it has no file name.")
        # closed with the form, which outlives this call
        spool = tempfile.TemporaryFile(dir=self._spool_dir)  # noqa: SIM115  # see above
        self.file = UploadedFile(filename, spool, FileHasher(blake2=True))

    def _count_fields_size(self, size: int) -> None:
        self._fields_size += size
        if self._fields_size > self._limits.fields_size:
            raise TooLarge(
                f"The fields of the form are larger than {self._limits.fields_size} bytes."
            )


def decode_field(data: bytes) -> str:
    """UTF-8, or Latin-1 for what is not: old clients sent what their locale had."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
