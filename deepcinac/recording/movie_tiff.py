"""Movies in one TIFF: multi-page, BigTIFF, OME, ImageJ stacks with one page, compressed or not.

The pages are counted strictly (``tiff_pages``) and compared with what the header says
(``tiff_header``). Uncompressed frames are read in place; compressed or tiled ones are decoded by
tifffile, frame by frame on all cores.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.raw_file import RawFile
from deepcinac.containers.tiff_header import StackText, read_text
from deepcinac.containers.tiff_loops import series_of
from deepcinac.containers.tiff_lost_pages import refuse_lost_pages
from deepcinac.containers.tiff_pages import CUT_SHORT, TiffPages, read_pages
from deepcinac.errors import InputError
from deepcinac.files import readable
from deepcinac.questions import ask
from deepcinac.recording.clock import believed_rate
from deepcinac.recording.lost_frames import MOST_LOST, holes, holes_in_time, tell_lost
from deepcinac.recording.movie import Movie, checked_layout
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import TIFF_HEADS, MovieSource, movie_reader
from deepcinac.recording.series import ALL, chosen

_NO_TEXT = StackText("nobody")


@dataclass(frozen=True)
class TiffStack:
    """A TIFF that has been looked through and holds no open file.

    ``offsets`` (n_frames,) are the positions of the frames when they lie uncompressed in one piece
    each, otherwise None; ``picked`` (n_frames,) the numbers of their pages in that case.
    """

    pages: TiffPages
    n_frames: int
    offsets: np.ndarray | None
    text: StackText = _NO_TEXT
    picked: np.ndarray | None = None
    frame_rate_hz: float | None = None

    @property
    def pixel_size_um(self) -> float | None:
        """Size of a square pixel, where the header says it."""
        return self.text.pixel_size_um

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width."""
        return self.n_frames, self.pages.layout.height, self.pages.layout.width

    @property
    def dtype(self) -> np.dtype:
        """Type of a pixel, in the byte order of this machine."""
        return self.pages.layout.dtype.newbyteorder("=")

    def only(self, frames: np.ndarray) -> TiffStack:
        """The same file with some of its frames, by their numbers."""
        offsets = None if self.offsets is None else self.offsets[frames]
        return replace(self, n_frames=len(frames), offsets=offsets, picked=frames)

    def open(self) -> Movie:
        """The movie for reading."""
        details: dict[str, Any] = {
            "frame_rate_hz": self.frame_rate_hz,
            "pixel_size_um": self.pixel_size_um,
            "pixel_sizes_um": self.text.pixel_sizes_um,
        }
        if self.offsets is None:
            return CodedTiff(self, **details)
        path, stored = self.pages.path, self.pages.layout.dtype
        return FlatMovie(path, self.shape, stored, self.offsets, **details)


def _is_tiff(source: MovieSource) -> bool:
    return source.head[:4] in TIFF_HEADS or source.suffix in (".tif", ".tiff")


@movie_reader("a TIFF", recognises=_is_tiff)
def _open_source(source: MovieSource) -> Movie:
    return open_tiff(source.path, source.series, source.accepted)


def open_tiff(
    path: Path, series: str | None = None, accepted: frozenset[str] = frozenset()
) -> Movie:
    """Open a TIFF, or one series of it, as a movie of at least two frames."""
    stack = choose_series([scan_tiff(path)], path, series, accepted)[0]
    checked_layout(stack.shape if stack.n_frames > 1 else stack.shape[1:], stack.dtype, path)
    movie = stack.open()
    movie.axes_named = stack.text.names_time
    return movie


def scan_tiff(path: Path, *, in_folder: bool = False) -> TiffStack:
    """Count the frames of a TIFF and find where they lie, reading no pixels.

    With ``in_folder`` a file that is one of a set (OME) may say what it likes about the set.
    """
    pages = read_pages(path)
    checked_layout((1, pages.layout.height, pages.layout.width), pages.layout.dtype, path)
    layout = pages.layout
    samples = layout.sample_labels if layout.samples > 1 else ()
    about = pages.software, pages.resolution, path, samples, layout.interleaved > 1
    texts = {
        page: text
        for page, description in {0: "", **pages.descriptions}.items()
        if (text := read_text(description, *about)) is not None
    }
    for text in texts.values():
        _compare_with_pages(text, pages, in_folder)
    per_page = _frames_per_page(pages, texts)
    offsets = _frame_offsets(pages, per_page)
    stacks = [
        (pages.segments[i][0][0], pages.segments[i][0][0] + n * pages.layout.frame_bytes)
        for i, n in enumerate(per_page)
        if n > 1
    ]
    refuse_lost_pages(pages, stacks)
    first = texts.get(0, _NO_TEXT)
    return TiffStack(pages, sum(per_page), offsets, first, None, first.frame_rate_hz)


def choose_series(
    stacks: list[TiffStack], where: Path, series: str | None, accepted: frozenset[str]
) -> list[TiffStack]:
    """One series of TIFFs that follow each other, with its frame rate; losses are told.

    The pages may take turns between channels and planes across the borders of files.
    """
    text = stacks[0].text
    overruled = "header" in accepted or (series is not None and series.lower() == ALL)
    if text.unknown and not overruled:
        hint = "if all pages are one series, accept it"
        expected = f"a {text.writer} header of a known form"
        ask("header", expected, f"one that does not say {text.unknown}", where, hint, accepted)
    if (text.loops or text.images) and not overruled:
        stacks = _picked(stacks, text, where, series, accepted)
    elif series is not None and not overruled:
        raise InputError("a movie with several series", "a single one", where)
    return _with_clock(stacks, where, accepted)


def _picked(
    stacks: list[TiffStack],
    text: StackText,
    where: Path,
    series: str | None,
    accepted: frozenset[str],
) -> list[TiffStack]:
    n_frames = [stack.n_frames for stack in stacks]
    pages, left = series_of(text.loops, sum(n_frames))
    if text.images:
        pages, left = _of_images(text), 0
    axes = ", ".join(f"{n} {name}" for name, n in text.axes.items())
    if max(map(len, pages.values())) < 2:
        height, width = stacks[0].shape[1:]
        found = f"one image ({height} x {width} pixels) of {axes}"
        raise InputError("a movie (frames x height x width)", found, where)
    described = {name: f"{len(frames)} frames" for name, frames in pages.items()}
    why = f" (one channel and one plane), not {axes}, as its {text.writer} header says"
    everything = f"all {sum(n_frames)} frames, if the header is wrong"
    name = chosen(described, series, where, why, everything)
    if left:
        places = [f"the last turn of {axes} holds {left} frames only"]
        tell_lost(1, len(pages[name]), places, where, accepted)
    if text.images:
        stacks = [_as_image(stack, text.images[name.split("/")[0]]) for stack in stacks]
    ends = np.cumsum(n_frames)
    parts = []
    for stack, end in zip(stacks, ends.tolist(), strict=True):
        inside = pages[name][(pages[name] >= end - stack.n_frames) & (pages[name] < end)]
        if len(inside):
            parts.append(stack.only(inside - (end - stack.n_frames)))
    if not parts:
        raise InputError(f"frames of {name}", "none", where, CUT_SHORT)
    return parts


def _of_images(text: StackText) -> dict[str, np.ndarray]:
    """Pages of each series of each image of a file: "position1", or "position1/channel2"."""
    pages = {}
    for name, image in text.images.items():
        inside, _ = series_of(image.loops, image.n_frames or 1)
        for inner, frames in inside.items():
            pages[f"{name}/{inner}" if inner else name] = image.first_page + frames
    return pages


def _as_image(stack: TiffStack, image: StackText) -> TiffStack:
    """The stack with what its header says of one of its images."""
    times = np.full(len(stack.pages), np.nan)
    if image.times_s:
        times[image.first_page : image.first_page + len(image.times_s)] = image.times_s
    text = replace(image, times_s=tuple(times.tolist()))
    return replace(stack, text=text, frame_rate_hz=image.frame_rate_hz)


def _with_clock(stacks: list[TiffStack], where: Path, accepted: frozenset[str]) -> list[TiffStack]:
    """The stacks with the frame rate by the time stamps, where each frame has one."""
    numbers, seconds = (np.concatenate([_stamps(stack, i) for stack in stacks]) for i in (0, 1))
    repeated = len(numbers) - len(np.unique(numbers))
    if np.isfinite(numbers).all() and not repeated:
        lost, names = holes(numbers), numbers.astype(int)
    elif np.isfinite(seconds).all():
        lost, names = holes_in_time(seconds), np.arange(len(seconds))
    else:
        lost, names = [], np.arange(0)
    places = [f"{n} between frames {names[at]} and {names[at + 1]}" for at, n in lost]
    if np.isfinite(numbers).all() and not (stacks[0].text.loops and stacks[0].picked is None):
        _tell_repeated(numbers, where, accepted)
    tell_lost(sum(n for _, n in lost), len(names), places, where, accepted)
    rate = believed_rate(seconds, stacks[0].frame_rate_hz, where)
    return [replace(stack, frame_rate_hz=rate) for stack in stacks]


def _tell_repeated(numbers: np.ndarray, where: Path, accepted: frozenset[str]) -> None:
    """Frames with the number of an earlier one; a header with one and the same number says nothing."""
    values, counts = np.unique(numbers, return_counts=True)
    again = values[counts > 1].astype(int).tolist()
    if not again or len(values) < 0.5 * len(numbers):
        return
    n_again = len(numbers) - len(values)
    named = ", ".join(map(str, again[:5])) + (", ..." if len(again) > 5 else "")
    found = f"{n_again} of {len(numbers)} frames repeated: frame {named}"
    if n_again > MOST_LOST * len(numbers):
        ask("repeated-frames", "every frame once", found, where, accepted=accepted)
    warnings.warn(f"{where}: {found}.", stacklevel=3)


def _stamps(stack: TiffStack, which: int) -> np.ndarray:
    """Frame numbers (0) or times in s (1) of the frames; NaN where one of them has none."""
    values = np.full(len(stack.pages), np.nan)
    if len(stack.pages.stamps) == len(values):
        values[:] = [stamp[which] for stamp in stack.pages.stamps.values()]
    elif which == 1 and len(stack.text.times_s) == len(values):
        values[:] = stack.text.times_s
    if stack.picked is not None and stack.picked.max() < len(values):
        return values[stack.picked]
    return values if len(values) == stack.n_frames else np.full(stack.n_frames, np.nan)


def _compare_with_pages(text: StackText, pages: TiffPages, in_folder: bool) -> None:
    """Refuse a header that describes another file than this one."""
    layout = pages.layout
    if text.several_files and not in_folder:
        raise InputError(
            "a movie in one file",
            "one file of an OME set",
            pages.path,
            "Name the folder that holds all files of the set, or save the set as one TIFF",
        )
    frames = [image.frame for image in text.images.values()] or [text.frame]
    other = next((one for one in frames if one not in (None, (layout.height, layout.width))), None)
    if other is not None:
        raise InputError(
            f"frames of {other[0]} x {other[1]} pixels, as its {text.writer} header says",
            f"{layout.height} x {layout.width}",
            pages.path,
            CUT_SHORT,
        )
    axis = next(iter(text.axes), "")
    alone = len(text.axes) == 1 and not text.loops
    if alone and axis in ("slices", "planes", "channels") and not in_folder:
        warnings.warn(
            f"{pages.path}: its {text.writer} header calls the {text.axes[axis]} frames {axis}; "
            "they are taken as points in time.",
            stacklevel=2,
        )


def _frames_per_page(pages: TiffPages, texts: dict[int, StackText]) -> list[int]:
    """Number of frames that begin at each page: 1, or all of a stack that has one page."""
    per_page = [1] * len(pages)
    begins = sorted(page for page, text in texts.items() if text.n_frames is not None)
    ends = [*begins, len(pages)][1:]
    for begin, end in zip(begins, ends, strict=True):
        promised, found = texts[begin].n_frames or 1, end - begin
        if found == 1 and promised > 1 and pages.flat_offset(begin) is not None:
            per_page[begin] = promised
        elif found < promised:
            raise InputError(
                f"{promised} frames, as its {texts[begin].writer} header says",
                f"{found}",
                pages.path,
                CUT_SHORT,
            )
    return per_page


def _frame_offsets(pages: TiffPages, per_page: list[int]) -> np.ndarray | None:
    """Position of every frame, or None when some are compressed, tiled or in scattered pieces."""
    flat = [pages.flat_offset(i) for i in range(len(pages))]
    if any(offset is None for offset in flat):
        return None
    size, frame_bytes = pages.path.stat().st_size, pages.layout.frame_bytes
    n_frames = sum(per_page)
    for offset, n in zip(flat, per_page, strict=True):
        room = (size - (offset or 0)) // frame_bytes
        if n > room:
            raise InputError(
                f"{n_frames} frames, as its header says",
                f"room for {n_frames - n + room}",
                pages.path,
                CUT_SHORT,
            )
    first = np.repeat(np.array(flat, np.int64), per_page)
    begins = np.repeat(np.cumsum(per_page) - per_page, per_page)
    return first + (np.arange(n_frames) - begins) * frame_bytes


class CodedTiff(Movie):
    """Frames that must be decoded: compressed, tiled, or stored in scattered pieces."""

    random_access = False

    def __init__(self, stack: TiffStack, **details: Any) -> None:
        super().__init__(stack.pages.path, stack.shape, stack.dtype, **details)
        self._pages = stack.pages
        self._picked = stack.picked
        self._raw = RawFile(self.path)
        try:
            self._decode_frame(0, np.empty(self.shape[1:], self.dtype))
        except InputError:
            self._raw.close()
            raise

    @cached_property
    def _decoder(self) -> Callable[..., Any]:
        """tifffile's decoder of the first page; all pages have the same layout."""
        import tifffile

        with tifffile.TiffFile(self.path) as tif:
            page = tif.pages.first
            tables = page.jpegtables
            decode = page.decode
        return lambda data, index: decode(data, index, jpegtables=tables)

    def _read(
        self, start: int, stop: int, top: int, bottom: int, left: int, right: int
    ) -> np.ndarray:
        out = np.empty((stop - start, bottom - top, right - left), self.dtype)
        whole = out.shape[1:] == self.shape[1:]

        def decode(frame: int) -> None:
            if whole:
                self._decode_frame(frame, out[frame - start])
                return
            full = np.empty(self.shape[1:], self.dtype)
            self._decode_frame(frame, full)
            out[frame - start] = full[top:bottom, left:right]

        if stop - start == 1:
            decode(start)
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(decode, range(start, stop)))
        return out

    def _decode_frame(self, frame: int, out: np.ndarray) -> None:
        hint = "The file is damaged: copy or export it again"
        page = frame if self._picked is None else int(self._picked[frame])
        offsets, counts = self._pages.segments[page]
        sample = page % self._pages.layout.interleaved
        for index, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
            data = self._raw.read_exactly(offset, count)
            with readable(self.path, f"pixels of frame {frame} that can be decoded", hint):
                piece, (_, _, row, column, _), _ = self._decoder(data, index)
                target = out[row : row + piece.shape[1], column : column + piece.shape[2]]
                target[:] = piece[0, : target.shape[0], : target.shape[1], sample]

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
