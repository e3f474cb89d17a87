"""Is a DICOM file whole? Every length it states has to end inside it.

A reader of DICOM takes what there is: a file that was cut off gives a shorter plan, or half a number. So each stated
length is followed to its end before anything is believed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from rtplan.errors import ConfigError

__all__ = ["PREAMBLE", "Meta", "check_end", "meta_of"]

PREAMBLE = 132
"""Bytes before the first element: 128 free ones and the sign DICM."""

_EXPLICIT, _IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
_LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_UNDEFINED = 0xFFFFFFFF
_DEEPEST = 12
"""Sequences inside sequences; a plan or record has six at most. Design default, no source."""
_MOST_ELEMENTS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the head of a file says: kind of object, its identifier, its encoding, and where the data begin."""

    kind: str
    instance: str
    syntax: str
    begins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    tag: tuple[int, int]
    kind: bytes
    length: int
    body: int


def meta_of(data: bytes, file: str) -> Meta:
    """The head of a file; ConfigError where it is cut off or says nothing of its kind."""
    walk = _Walk(data, file)
    found: dict[tuple[int, int], str] = {}
    at = PREAMBLE
    while data[at : at + 2] == b"\x02\x00":
        element = walk.header(at, len(data), explicit=True)
        at = walk.end(element, len(data))
        found[element.tag] = data[element.body : at].decode("ascii", "replace").strip(" \0")
    kind, instance, syntax = (found.get((2, number), "") for number in (2, 3, 0x10))
    if not kind or not syntax:
        raise ConfigError(file, ["is no whole DICOM file: its head lacks MediaStorageSOPClassUID or TransferSyntaxUID"])
    return Meta(kind=kind, instance=instance, syntax=syntax, begins=at)


def check_end(data: bytes, meta: Meta, file: str) -> None:
    """ConfigError where the file is cut off, nested beyond bounds, or encoded in a way that is not read."""
    if meta.syntax not in (_EXPLICIT, _IMPLICIT):
        problem = "is written big-endian or compressed: export it as Implicit or Explicit VR Little Endian"
        raise ConfigError(file, [f"TransferSyntaxUID {problem}"])
    if meta.begins >= len(data):
        raise _cut(file)
    _Walk(data, file).dataset(meta.begins, len(data), explicit=meta.syntax == _EXPLICIT, depth=0, closed=False)


def _cut(file: str) -> ConfigError:
    return ConfigError(file, ["is cut off or damaged: a stated length reaches past its end; export it again"])


def _vr(tag: tuple[int, int]) -> bytes:
    """What kind of value a public element has, where the file does not say it."""
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    number = tag[0] << 16 | tag[1]
    return dictionary_VR(number).encode() if dictionary_has_tag(number) else b""


class _Walk:
    """Follows stated lengths; reads no value."""

    def __init__(self, data: bytes, file: str) -> None:
        self.data = data
        self.file = file
        self.left = _MOST_ELEMENTS

    def dataset(self, at: int, end: int, *, explicit: bool, depth: int, closed: bool) -> int:
        """Passes over elements up to an end, or up to the sign that closes an item. Gives the place after them."""
        if depth > _DEEPEST:
            raise ConfigError(self.file, [f"has sequences nested deeper than {_DEEPEST}"])
        while at < end:
            element = self.header(at, end, explicit=explicit)
            if closed and element.tag == _ITEM_END:
                return element.body
            at = self.value(element, end, explicit=explicit, depth=depth)
        if closed:
            raise _cut(self.file)
        return at

    def header(self, at: int, end: int, *, explicit: bool) -> _Element:
        """Tag, kind and length of the element at a place."""
        self.left -= 1
        if self.left < 0:
            raise ConfigError(self.file, [f"has more than {_MOST_ELEMENTS} elements"])
        if at + 8 > end:
            raise _cut(self.file)
        tag = struct.unpack_from("<HH", self.data, at)
        if not explicit or tag[0] == 0xFFFE:
            length = struct.unpack_from("<I", self.data, at + 4)[0]
            return _Element(tag=tag, kind=_vr(tag), length=length, body=at + 8)
        kind = self.data[at + 4 : at + 6]
        if kind not in _LONG:
            length = struct.unpack_from("<H", self.data, at + 6)[0]
            return _Element(tag=tag, kind=kind, length=length, body=at + 8)
        if at + 12 > end:
            raise _cut(self.file)
        return _Element(tag=tag, kind=kind, length=struct.unpack_from("<I", self.data, at + 8)[0], body=at + 12)

    def end(self, element: _Element, end: int) -> int:
        """Where an element of stated length ends."""
        after = element.body + element.length
        if element.length == _UNDEFINED or after > end:
            raise _cut(self.file)
        return after

    def value(self, element: _Element, end: int, *, explicit: bool, depth: int) -> int:
        """Passes over a value, into it where it is a sequence."""
        if element.length == _UNDEFINED:
            plain = explicit and element.kind != b"UN"
            return self.sequence(element.body, end, explicit=plain, depth=depth, closed=True)
        after = self.end(element, end)
        if element.kind == b"SQ":
            self.sequence(element.body, after, explicit=explicit, depth=depth, closed=False)
        return after

    def sequence(self, at: int, end: int, *, explicit: bool, depth: int, closed: bool) -> int:
        """Passes over the items of a sequence."""
        while at < end:
            item = self.header(at, end, explicit=explicit)
            if closed and item.tag == _SEQUENCE_END:
                return item.body
            if item.tag != _ITEM:
                raise _cut(self.file)
            open_ended = item.length == _UNDEFINED
            last = end if open_ended else self.end(item, end)
            at = self.dataset(item.body, last, explicit=explicit, depth=depth + 1, closed=open_ended)
        if closed:
            raise _cut(self.file)
        return at
