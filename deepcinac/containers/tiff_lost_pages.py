"""Pages of a TIFF that are in the file but that its page list no longer reaches.

One damaged link hides all pages behind it, and the list still looks whole; so does a header with
too small a number. What remains of the lost frames are bytes that nothing refers to: room for a
frame behind the pixels of another one, or the description of a page.
"""

from __future__ import annotations

import struct

import numpy as np

from deepcinac.containers.raw_file import RawFile
from deepcinac.containers.tiff_pages import CUT_SHORT, LENGTH, WIDTH, TiffPages, Walk
from deepcinac.errors import InputError

_LARGEST_SCAN = 1 << 30  # bytes


def refuse_lost_pages(pages: TiffPages, stacks: list[tuple[int, int]]) -> None:
    """Look through the bytes that no page refers to for more pages, or for room for one.

    ``stacks`` are (first byte, end) of frames that have no page of their own (an ImageJ stack with
    one page). Width and height stand in every description as the same bytes. An older description
    of a page that is in the list (some programs leave it behind when they edit a tag) is fine.
    """
    raw = RawFile(pages.path)
    try:
        walk = Walk(raw)
        known = {offsets[0] for offsets, _ in pages.segments}
        unused = _unused_parts(pages, stacks, raw.size)
        _refuse_room_for_more(pages, stacks, unused)
        budget = _LARGEST_SCAN
        for start, end in unused:
            stop = min(end, start + budget)
            budget -= stop - start
            for position in _find_all(raw, pages.signature, start, stop):
                if _is_unknown_page(walk, position, pages, known):
                    raise InputError(
                        f"a page list that reaches all pages of the file ({len(pages)} are in it)",
                        f"a page at byte {position:,} that it does not reach",
                        pages.path,
                        CUT_SHORT,
                    )
    finally:
        raw.close()


def _refuse_room_for_more(
    pages: TiffPages, stacks: list[tuple[int, int]], unused: list[tuple[int, int]]
) -> None:
    """Programs leave other data (an index, settings) there too, but not right behind pixels."""
    smallest = min(sum(counts) for _, counts in pages.segments)
    long = [(start, end) for start, end in unused if end - start >= smallest]
    if not long:
        return
    pixel_ends = {end for _, end in stacks}
    for offsets, counts in pages.segments:
        pixel_ends.update(offset + n for offset, n in zip(offsets, counts, strict=True))
    for start, end in long:
        if start in pixel_ends:
            frame_bytes = pages.layout.frame_bytes
            n_frames = len(pages) - len(stacks)
            n_frames += sum((stop - begin) // frame_bytes for begin, stop in stacks)
            raise InputError(
                f"nothing but the {n_frames} frames that the page list or the header gives",
                f"{end - start:,} bytes behind them that may be more frames",
                pages.path,
                CUT_SHORT,
            )


def _unused_parts(
    pages: TiffPages, stacks: list[tuple[int, int]], size: int
) -> list[tuple[int, int]]:
    """(first byte, end) of the parts of a file of ``size`` bytes that nothing refers to."""
    used = np.concatenate([pages.used, np.array(stacks, np.int64).reshape(-1, 2)])
    used = used[np.argsort(used[:, 0])]
    starts = np.append(used[:, 0], size)
    reached = np.concatenate(([0], np.maximum.accumulate(used[:, 1])))
    found = starts > reached
    return list(zip(reached[found].tolist(), starts[found].tolist(), strict=True))


def _is_unknown_page(walk: Walk, width_tag: int, pages: TiffPages, known: set[int]) -> bool:
    """Whether the page description with its width tag at this position is of an unlisted page."""
    for n_before in range(3):  # tags 254 and 255 may precede the width
        start = width_tag - n_before * walk.entry.size - walk.counter.size
        if start < 0:
            return False
        try:
            tags, _ = walk.page_tags(start, 0)
            offsets, counts = walk.page_segments(tags)
            walk.checked_counts(offsets, counts, pages.layout, 0)
        except (InputError, struct.error):
            continue
        if WIDTH in tags and LENGTH in tags:
            return offsets[0] not in known
    return False


def _find_all(raw: RawFile, pattern: bytes, start: int, stop: int) -> list[int]:
    """Positions of ``pattern`` between two bytes of the file."""
    found, step = [], 4 << 20
    while stop - start >= len(pattern):
        data = raw.read(start, min(step, stop - start))
        position = data.find(pattern)
        while position >= 0:
            found.append(start + position)
            position = data.find(pattern, position + 1)
        if len(data) < len(pattern):
            break
        start += len(data) - len(pattern) + 1
    return found
