"""The page list of a TIFF, read strictly: where every page's pixels lie, or an error.

tifffile reads a file that was cut short as far as it gets, often one frame, and only logs a line.
This walk refuses instead: a page list that leaves the file, pixels or tag values beyond its end,
pages that differ. It also passes over 100,000 pages in seconds, since it looks at the few tags that
matter. Decoding is left to tifffile.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepcinac.containers.raw_file import RawFile
from deepcinac.containers.scanimage_header import frame_stamp
from deepcinac.errors import InputError

CUT_SHORT = "The file was cut short or damaged: copy or export it again"

WIDTH, LENGTH, BITS, COMPRESSION, DESCRIPTION = 256, 257, 258, 259, 270
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS = 273, 277, 278, 279
X_RESOLUTION, Y_RESOLUTION, SOFTWARE, PREDICTOR = 282, 283, 305, 317
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
SAMPLE_FORMAT, IMAGE_DEPTH, FILL_ORDER, PLANAR, PHOTOMETRIC = 339, 32997, 266, 284, 262

_LAYOUT_TAGS = (
    WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, SAMPLES, ROWS_PER_STRIP, PLANAR,
    PREDICTOR, TILE_WIDTH, TILE_LENGTH, SAMPLE_FORMAT, IMAGE_DEPTH,
)  # fmt: skip
_TYPE_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_TYPE_SIZE.update({16: 8, 17: 8, 18: 8})
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
_FIRST_READ = 1024  # bytes: an ordinary page description is shorter
_SECOND_DESCRIPTION = -DESCRIPTION  # tifffile writes its own behind the user's
_STACK_BEGINS = re.compile(r'ImageJ=|\{.*"shape": ?\[')
_LARGEST_RATIO = 1100  # zlib reaches 1032
_RGB, _YCBCR, _PLANAR = 2, 6, 2
_MOST_SAMPLES = 16

Entry = tuple[int, int, int, bytes]
"""One tag of a page: type, count, position of its value in the file, and its bytes in the list."""


@dataclass(frozen=True)
class PageLayout:
    """What all pages of the file share. ``tile`` is (height, width), None for strips.

    ``samples`` values for each pixel (colours, or channels), ``planar`` where each has an image of its
    own, one after the other; ``colours`` whether they are red, green and blue.
    """

    width: int
    height: int
    dtype: np.dtype
    compression: int
    rows_per_strip: int
    tile: tuple[int, int] | None
    samples: int = 1
    planar: bool = False
    colours: bool = False

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame of one sample, uncompressed."""
        return self.width * self.height * self.dtype.itemsize

    @property
    def page_bytes(self) -> int:
        """Bytes of all samples of a page, uncompressed."""
        return self.frame_bytes * self.samples

    @property
    def interleaved(self) -> int:
        """Number of samples that lie beside each other in each pixel."""
        return 1 if self.planar else self.samples

    @property
    def sample_labels(self) -> tuple[str, ...]:
        """What the samples of a pixel are called."""
        names = ("red", "green", "blue") if self.colours else ()
        rest = range(len(names), self.samples)
        return (*names, *(f"channel{i + 1}" for i in rest))

    @property
    def n_segments(self) -> int:
        """Number of strips or tiles of a page."""
        images = self.samples if self.planar else 1
        if self.tile:
            across = math.ceil(self.width / self.tile[1])
            return images * math.ceil(self.height / self.tile[0]) * across
        return images * math.ceil(self.height / self.rows_per_strip)

    @property
    def segment_bytes(self) -> int:
        """Decoded size of the largest strip or tile."""
        rows, columns = self.tile or (min(self.rows_per_strip, self.height), self.width)
        return rows * columns * self.dtype.itemsize * self.interleaved


@dataclass
class TiffPages:
    """The pages of one file, in the order of its page list; several samples of a pixel are pages each.

    ``segments[i]`` are the (offsets, byte counts) of the strips or tiles of page i;
    ``descriptions`` the texts of the first page and of others where a stack begins;
    ``resolution`` pixels per unit in x and y of the first page;
    ``used`` (n, 2) first byte and end of everything the pages refer to;
    ``signature`` the bytes that stand in the description of every page of this size;
    ``stamps`` number and time (s) of the frames of pages on which ScanImage says so.
    """

    path: Path
    layout: PageLayout
    segments: list[tuple[tuple[int, ...], tuple[int, ...]]]
    descriptions: dict[int, str] = field(default_factory=dict)
    software: str = ""
    resolution: tuple[float, float] | None = None
    used: np.ndarray = field(default_factory=lambda: np.empty((0, 2), np.int64))
    signature: bytes = b""
    stamps: dict[int, tuple[float, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.segments)

    def flat_offset(self, page: int) -> int | None:
        """Where the page's pixels begin when they lie uncompressed in one piece, otherwise None."""
        offsets, counts = self.segments[page]
        if self.layout.compression != 1 or self.layout.tile or self.layout.interleaved > 1:
            return None
        position = offsets[0]
        for offset, count in zip(offsets, counts, strict=True):
            if offset != position:
                return None
            position += count
        return offsets[0]


def read_pages(path: Path) -> TiffPages:
    """Walk through the page list of ``path``."""
    raw = RawFile(path)
    try:
        return Walk(raw).pages()
    except (struct.error, UnicodeDecodeError, OverflowError) as error:
        raise InputError("a readable TIFF", f"a damaged page list ({error})", path) from error
    finally:
        raw.close()


class _Template(NamedTuple):
    """Bytes of a page description, and the (form, place) of the numbers that differ in others."""

    data: bytearray
    fields: list[tuple[struct.Struct, int]]


class _Twin(NamedTuple):
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    next_page: int


class Walk:
    """One walk through one file; ``used`` collects the (start, end) of all bytes referred to."""

    def __init__(self, raw: RawFile) -> None:
        self.raw = raw
        self.used: list[tuple[int, int]] = []
        self.template: _Template | None = None
        head = raw.read(0, 16)
        orders = {b"II": "<", b"MM": ">"}
        self.order = orders.get(head[:2], "")
        version = struct.unpack(self.order + "H", head[2:4])[0] if self.order and head[3:] else 0
        if version not in (42, 43):
            raise InputError("a TIFF", "a file that does not begin like one", raw.path, CUT_SHORT)
        self.big = version == 43
        self.pointer = struct.Struct(self.order + ("Q" if self.big else "I"))
        self.counter = struct.Struct(self.order + ("Q" if self.big else "H"))
        self.entry = struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))
        position = 8 if self.big else 4
        self.used.append((0, position + self.pointer.size))
        if len(head) < position + self.pointer.size:
            raise self._cut("the header")
        self.first = self.pointer.unpack_from(head, position)[0]

    def _cut(self, what: str) -> InputError:
        return InputError(
            f"{what} inside the file", f"the end of the file ({self.raw.size:,} bytes)",
            self.raw.path, CUT_SHORT,
        )  # fmt: skip

    def _damaged(self, expected: str, found: str, page: int) -> InputError:
        return InputError(expected, f"{found} on page {page + 1}", self.raw.path, CUT_SHORT)

    def pages(self) -> TiffPages:
        """Follow the list to its end and check what it leaves out."""
        if self.first == 0:
            raise InputError("a movie of at least 1 frame", "a TIFF without a page", self.raw.path)
        seen: set[int] = set()
        offset, result, first_tags = self.first, None, {}
        while offset:
            if offset in seen:
                raise self._damaged("a page list that ends", "a way back", len(seen) - 1)
            seen.add(offset)
            if result is not None and (twin := self._twin(offset)) is not None:
                self._add_segments(result, twin.offsets, twin.counts)
                offset = twin.next_page
                continue
            here = offset
            tags, offset = self.page_tags(here, len(seen))
            if result is None:
                first_tags, result = tags, self._first_page(tags)
            self._add_page(result, tags, first_tags)
            self._remember(here, tags, len(result) > 1)
        assert result is not None
        result.used = np.array(self.used, np.int64)
        result.signature = b"".join(
            self.entry.pack(code, first_tags[code][0], first_tags[code][1], first_tags[code][3])
            for code in (WIDTH, LENGTH)
        )
        return _one_page_a_sample(result)

    def page_tags(self, offset: int, number: int) -> tuple[dict[int, Entry], int]:
        """Tags of the page list entry at ``offset`` and the offset of the next entry."""
        what = f"page {number}"
        data = self.raw.read(offset, _FIRST_READ)
        if len(data) < self.counter.size:
            raise self._cut(what)
        n_tags = self.counter.unpack_from(data)[0]
        tags_end = self.counter.size + n_tags * self.entry.size
        end = tags_end + self.pointer.size
        if n_tags == 0 or offset + end > self.raw.size:
            raise self._cut(what)
        if len(data) < end:
            data = self.raw.read_exactly(offset, end)
        self.used.append((offset, offset + end))
        tags: dict[int, Entry] = {}
        position = offset + self.counter.size + (12 if self.big else 8)
        room = self.pointer.size
        for code, kind, count, value in self.entry.iter_unpack(data[self.counter.size : tags_end]):
            n_bytes = _TYPE_SIZE.get(kind, 0) * count
            where = position
            if n_bytes > room:
                where = self.pointer.unpack(value)[0]
                if where + n_bytes > self.raw.size:
                    raise self._cut(f"tag {code} of {what}")
                self.used.append((where, where + n_bytes))
            if code == DESCRIPTION and code in tags:
                code = _SECOND_DESCRIPTION
            tags.setdefault(code, (kind, count, where, value))
            position += self.entry.size
        return tags, self.pointer.unpack_from(data, tags_end)[0]

    def _integers(self, tags: dict[int, Entry], code: int, default: int | None) -> tuple[int, ...]:
        """All values of an integer tag."""
        if code not in tags:
            return () if default is None else (default,)
        kind, count, where, value = tags[code]
        letter = _INTEGERS.get(kind)
        if letter is None or not count:
            raise InputError(f"whole numbers in tag {code}", "others", self.raw.path, CUT_SHORT)
        n_bytes = _TYPE_SIZE[kind] * count
        data = value[:n_bytes] if n_bytes <= len(value) else self.raw.read_exactly(where, n_bytes)
        return struct.unpack(f"{self.order}{count}{letter}", data)

    def _text(self, tags: dict[int, Entry], code: int) -> str:
        if code not in tags or tags[code][0] not in (1, 2, 7):
            return ""
        _, count, where, value = tags[code]
        data = value[:count] if count <= len(value) else self.raw.read_exactly(where, count)
        return data.split(b"\0", 1)[0].decode("utf-8", errors="replace")

    def _rational(self, tags: dict[int, Entry], code: int) -> float:
        if code not in tags or tags[code][0] != 5:
            return 0.0
        data = self.raw.read_exactly(tags[code][2], 8)
        top, bottom = struct.unpack(self.order + "II", data)
        return top / bottom if bottom else 0.0

    def _first_page(self, tags: dict[int, Entry]) -> TiffPages:
        resolution = self._rational(tags, X_RESOLUTION), self._rational(tags, Y_RESOLUTION)
        return TiffPages(
            self.raw.path,
            self._layout(tags),
            [],
            software=self._text(tags, SOFTWARE),
            resolution=resolution if min(resolution) > 0 else None,
        )

    def _layout(self, tags: dict[int, Entry]) -> PageLayout:
        missing = [code for code in (WIDTH, LENGTH) if code not in tags]
        if missing:
            raise InputError("a page with a width and a height", "none", self.raw.path, CUT_SHORT)

        def one(code: int, default: int) -> int:
            return self._integers(tags, code, default)[0]

        width, height = one(WIDTH, 0), one(LENGTH, 0)
        samples, depth = one(SAMPLES, 1), one(IMAGE_DEPTH, 1)
        colours = one(PHOTOMETRIC, 1) in (_RGB, _YCBCR) and samples in (3, 4)
        if not 1 <= samples <= _MOST_SAMPLES or (one(PHOTOMETRIC, 1) == _RGB and not colours):
            raise InputError(
                f"1 to {_MOST_SAMPLES} values per pixel, 3 or 4 of colours",
                f"{samples} values per pixel",
                self.raw.path,
                "Save one channel as its own movie (ImageJ: Image > Color > Split Channels)",
            )
        if depth != 1:
            raise InputError("one plane per page", f"{depth} planes", self.raw.path)
        tile = None
        if TILE_WIDTH in tags and TILE_LENGTH in tags:
            tile = one(TILE_LENGTH, 0), one(TILE_WIDTH, 0)
        rows = one(ROWS_PER_STRIP, height) or height
        if not (0 < width < 1 << 20 and 0 < height < 1 << 20) or (tile and min(tile) < 1):
            found = f"{height} x {width}"
            raise InputError("frames of a plausible size", found, self.raw.path, CUT_SHORT)
        return PageLayout(
            width, height, self._dtype(one(BITS, 1), one(SAMPLE_FORMAT, 1)), one(COMPRESSION, 1),
            min(rows, height), tile, samples, samples > 1 and one(PLANAR, 1) == _PLANAR, colours,
        )  # fmt: skip

    def _dtype(self, bits: int, sample_format: int) -> np.dtype:
        kind = _KINDS.get(sample_format)
        if kind is None or bits not in (8, 16, 32, 64) or (kind == "f" and bits == 8):
            raise InputError(
                "pixels of type uint8, uint16, int16 or float32",
                f"{bits}-bit pixels (sample format {sample_format})",
                self.raw.path,
                "Save the movie with 16 bits per pixel",
            )
        return np.dtype(f"{self.order}{kind}{bits // 8}")

    def _add_page(self, pages: TiffPages, tags: dict[int, Entry], first: dict[int, Entry]) -> None:
        number = len(pages)
        for code in _LAYOUT_TAGS:
            mine, other = tags.get(code), first.get(code)
            if mine is other or (mine and other and mine[:2] + mine[3:] == other[:2] + other[3:]):
                continue
            if self._integers(tags, code, None) != self._integers(first, code, None):
                raise self._damaged("pages of one size and kind", f"another (tag {code})", number)
        self._add_segments(pages, *self.page_segments(tags))
        if DESCRIPTION in tags:
            texts = [self._text(tags, code) for code in (DESCRIPTION, _SECOND_DESCRIPTION)]
            stacks = [text for text in texts if _STACK_BEGINS.match(text)]
            if stacks or number == 0:
                pages.descriptions[number] = (stacks or texts)[0]
            if len(pages.stamps) == number and (stamp := frame_stamp(texts[0])) is not None:
                pages.stamps[number] = stamp

    def _remember(self, offset: int, tags: dict[int, Entry], plain: bool) -> None:
        """Keep the description of a page with one strip, to recognise others like it."""
        codes = (STRIP_OFFSETS, STRIP_COUNTS)
        self.template = None
        if not plain or DESCRIPTION in tags or any(tags.get(c, (0, 0))[1] != 1 for c in codes):
            return
        n_tags = self.counter.unpack(self.raw.read_exactly(offset, self.counter.size))[0]
        end = self.counter.size + n_tags * self.entry.size
        data = bytearray(self.raw.read_exactly(offset, end))
        fields = []
        for code in codes:
            letter = _INTEGERS.get(tags[code][0])
            if letter is None:
                return
            fields.append((struct.Struct(self.order + letter), tags[code][2] - offset))
        self.template = _Template(_blanked(data, fields), fields)

    def _twin(self, offset: int) -> _Twin | None:
        """The page at ``offset`` if it differs from the one before in the place of its strip only.

        Nearly all pages of a movie are such twins, and looking at their tags one by one would take
        most of the time.
        """
        if self.template is None:
            return None
        end = len(self.template.data)
        data = bytearray(self.raw.read(offset, end + self.pointer.size))
        if len(data) < end + self.pointer.size:
            return None
        next_page = self.pointer.unpack_from(data, end)[0]
        strip, count = (field.unpack_from(data, at)[0] for field, at in self.template.fields)
        if _blanked(data[:end], self.template.fields) != self.template.data:
            return None
        self.used.append((offset, offset + end + self.pointer.size))
        return _Twin((strip,), (count,), next_page)

    def _add_segments(
        self, pages: TiffPages, offsets: tuple[int, ...], counts: tuple[int, ...]
    ) -> None:
        number = len(pages)
        counts = self.checked_counts(offsets, counts, pages.layout, number)
        pages.segments.append((offsets, counts))
        for offset, count in zip(offsets, counts, strict=True):
            if offset + count > self.raw.size:
                raise self._cut(f"the pixels of page {number + 1}")
            self.used.append((offset, offset + count))

    def page_segments(self, tags: dict[int, Entry]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Offsets and byte counts of the strips or tiles of a page, as they stand in its tags."""
        tiled = TILE_WIDTH in tags and TILE_LENGTH in tags
        offsets = self._integers(tags, TILE_OFFSETS if tiled else STRIP_OFFSETS, None)
        return offsets, self._integers(tags, TILE_COUNTS if tiled else STRIP_COUNTS, None)

    def checked_counts(
        self,
        offsets: tuple[int, ...],
        counts: tuple[int, ...],
        layout: PageLayout,
        number: int,
    ) -> tuple[int, ...]:
        """The byte counts of a page when they fit its size."""
        if not counts and layout.compression == 1 and len(offsets) == 1:
            counts = (layout.page_bytes,)
        if not len(offsets) == len(counts) == layout.n_segments:
            found = f"{len(offsets)} offsets and {len(counts)} sizes"
            raise self._damaged(f"{layout.n_segments} piece(s) of pixels", found, number)
        if min(counts) == 0:
            raise self._damaged("pixels", "an empty piece", number)
        total = sum(counts)
        if layout.compression == 1 and layout.tile is None:
            # Some writers of a whole stack with one page give the size of the stack.
            if total % layout.page_bytes or (total > layout.page_bytes and len(counts) > 1):
                found = f"{total:,} bytes"
                raise self._damaged(f"{layout.page_bytes:,} bytes of pixels", found, number)
            return (layout.page_bytes,) if len(counts) == 1 else counts
        if layout.page_bytes > _LARGEST_RATIO * total + (64 << 20):
            raise self._damaged("a plausible frame", f"{layout.page_bytes:,} bytes", number)
        if max(counts) > 2 * layout.segment_bytes + (64 << 10):
            raise self._damaged("compressed pixels", f"pieces of {max(counts):,} bytes", number)
        return counts


def _blanked(data: bytearray, fields: list[tuple[struct.Struct, int]]) -> bytearray:
    """``data`` with zeros in the place of some numbers (changed in place)."""
    for field_, at in fields:
        data[at : at + field_.size] = bytes(field_.size)
    return data


def _one_page_a_sample(pages: TiffPages) -> TiffPages:
    """The same pages with several samples of a pixel as pages that follow each other."""
    layout, n = pages.layout, pages.layout.samples
    if n == 1:
        return pages
    segments = []
    for offsets, counts in pages.segments:
        size = len(offsets) // n if layout.planar else 0
        for sample in range(n):
            part = slice(sample * size, (sample + 1) * size) if layout.planar else slice(None)
            segments.append((offsets[part], counts[part]))
    descriptions = {page * n: text for page, text in pages.descriptions.items()}
    return replace(pages, segments=segments, descriptions=descriptions, stamps={})
