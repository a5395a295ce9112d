# SPDX-License-Identifier: Apache-2.0
"""The text fields of a form that brings a file. Only the guard reads them here; files are left to the route."""

from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:  # the library names the type for type checkers alone
    from python_multipart.multipart import MultipartCallbacks

MULTIPART = "multipart/form-data"
MOST_FIELDS = 100
LONGEST_FIELD = 4_096


def text_fields(content_type: str, body: bytes) -> dict[str, str]:
    """The fields that are no files, the last of each name, those of more than 4,096 bytes left out.

    Raises ValueError for what is no such form, beyond 100 fields, and for bad UTF-8.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise ValueError("the form names no boundary")
    reading = _Reading()
    parser = MultipartParser(boundary, reading.callbacks())
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ValueError(str(error)) from error
    return {name: value.decode() for name, value in reading.found.items()}


class _Reading:
    """What the parser told so far."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self._count = 0
        self._header = b""
        self._value = b""
        self._name = ""
        self._data: bytearray | None = None

    def callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._part_data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_FIELDS:
            raise ValueError("the form has too many fields")
        self._header = self._value = b""
        self._name, self._data = "", None

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode()
            self._data = None if b"filename" in options else bytearray()
        self._header = self._value = b""

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._data is not None:
            self._data += data[start : min(end, start + LONGEST_FIELD + 1)]
            if len(self._data) > LONGEST_FIELD:
                self._data = None

    def _end(self) -> None:
        if self._data is not None:
            self.found[self._name] = bytes(self._data)
