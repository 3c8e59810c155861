"""TIFFs as programs write them: the same pixels, all frames counted, headers heeded."""

import struct

import numpy as np
import pytest
import tifffile

from deepcinac.errors import InputError
from deepcinac.recording.movie_flat import FlatMovie
from deepcinac.recording.movie_readers import open_movie


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPCINAC_CACHE", str(tmp_path / "cache"))


def scene(dtype="uint16", n_frames=6, height=12, width=10):
    """Every frame is brighter than the one before; no two pixels of a frame are alike."""
    count = np.arange(n_frames * height * width, dtype=np.int64)
    return (count.reshape(n_frames, height, width) % 251).astype(dtype)


WRITERS = {
    "plain": {},
    "without description": {"metadata": None},
    "big-endian": {"byteorder": ">"},
    "several strips": {"rowsperstrip": 5},
    "one page for all": {"truncate": True},
    "BigTIFF": {"bigtiff": True},
    "ImageJ": {"imagej": True, "metadata": {"axes": "TYX"}},
    "ImageJ, one page": {"imagej": True, "truncate": True, "metadata": {"axes": "TYX"}},
    "OME": {"ome": True, "metadata": {"axes": "TYX"}},
}
CODED = {
    "zlib": {"compression": "zlib"},
    "zlib with predictor": {"compression": "zlib", "predictor": True},
    "zlib in strips": {"compression": "zlib", "rowsperstrip": 5},
    "tiles": {"tile": (16, 16)},
    "zlib in tiles": {"compression": "zlib", "tile": (16, 16)},
    "zlib in BigTIFF": {"compression": "zlib", "bigtiff": True},
}


def check_all(movie, expected):
    assert movie.shape == expected.shape
    assert movie.dtype == expected.dtype
    np.testing.assert_array_equal(movie.frames(0, movie.n_frames), expected)
    np.testing.assert_array_equal(movie.frames(2, 5), expected[2:5])
    np.testing.assert_array_equal(movie.patch(1, 4, 3, 11, 2, 9), expected[1:4, 3:11, 2:9])


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_uncompressed_files_are_read_in_place(tmp_path, writer, dtype):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, scene(dtype), **WRITERS[writer])
    with open_movie(path) as movie:
        assert isinstance(movie, FlatMovie)
        assert movie.data_file == path
        check_all(movie, scene(dtype))


def test_signed_pixels(tmp_path):
    movie = (scene().astype(np.int16)) - 100
    tifffile.imwrite(tmp_path / "movie.tif", movie)
    with open_movie(tmp_path / "movie.tif") as opened:
        check_all(opened, movie)


@pytest.mark.parametrize("writer", CODED)
def test_coded_files_are_decoded(tmp_path, writer):
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, scene(), **CODED[writer])
    with open_movie(path, working_copy=False) as movie:
        assert not movie.random_access
        check_all(movie, scene())
    with open_movie(path) as movie:
        assert isinstance(movie, FlatMovie)
        assert movie.path == path
        check_all(movie, scene())


def test_frames_written_one_after_the_other_are_all_there(tmp_path):
    """tifffile.memmap shows the first page of such a file and nothing else."""
    path = tmp_path / "series.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in scene():
            writer.write(frame)
    with open_movie(path) as movie:
        check_all(movie, scene())


@pytest.mark.parametrize("text", ['{"truncated": true, "shape": [6, 12, 10]}', "mouse 3"])
def test_descriptions_of_older_versions_and_of_users(tmp_path, text):
    path = tmp_path / "m.tif"
    if text.startswith("{"):
        tifffile.imwrite(path, scene(), truncate=True)
        new = b'{"shape": [6, 12, 10], "truncated": true}'
        path.write_bytes(path.read_bytes().replace(new, text.encode()))
    else:  # tifffile adds a second description
        tifffile.imwrite(path, scene(), truncate=True, description=text)
    with open_movie(path) as movie:
        check_all(movie, scene())


def test_two_stacks_in_one_file_follow_each_other(tmp_path):
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(scene()[:4], truncate=True, photometric="minisblack")
        writer.write(scene()[4:])
    with open_movie(path) as movie:
        check_all(movie, scene())


def imagej_file(path, movie, promised):
    """What ImageJ writes beyond 4 GB: one page, the number of images in words, then all pixels."""
    text = f"ImageJ=1.54f\nimages={promised}\nslices={promised}\nloop=false\n\0".encode()
    n_tags = 8
    text_at = 8 + 2 + n_tags * 12 + 4
    pixels_at = text_at + len(text)
    _, height, width = movie.shape
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 16),
        (262, 3, 1, 1),
        (270, 2, len(text), text_at),
        (273, 4, 1, pixels_at),
        (278, 3, 1, height),
        (279, 4, 1, height * width * 2),
    ]
    entries = b"".join(struct.pack(">HHII" if kind in (2, 4) else ">HHIHxx", code, kind, n, value)
                       for code, kind, n, value in tags)  # fmt: skip
    head = b"MM\0*" + struct.pack(">IH", 8, n_tags) + entries + struct.pack(">I", 0) + text
    path.write_bytes(head + movie.astype(">u2").tobytes())
    return pixels_at


@pytest.mark.filterwarnings("ignore:.*taken as points in time")
def test_an_imagej_stack_with_one_page(tmp_path):
    imagej_file(tmp_path / "large.tif", scene(), 6)
    with open_movie(tmp_path / "large.tif") as movie:
        check_all(movie, scene())


@pytest.mark.filterwarnings("ignore:.*taken as points in time")
@pytest.mark.parametrize(
    ("promised", "sentence"),
    [(7, "Expected 7 frames, .*found room for 6"), (4, "the 4 frames .*found 480 bytes")],
)
def test_an_imagej_header_that_does_not_fit_the_file(tmp_path, promised, sentence):
    imagej_file(tmp_path / "large.tif", scene(), promised)
    with pytest.raises(InputError, match=sentence):
        open_movie(tmp_path / "large.tif")


def test_one_stack_axis_of_another_name_is_time_and_says_so(tmp_path):
    tifffile.imwrite(tmp_path / "z.tif", scene(), imagej=True, metadata={"axes": "ZYX"})
    with pytest.warns(UserWarning, match="6 frames slices"):
        movie = open_movie(tmp_path / "z.tif")
    check_all(movie, scene())
    movie.close()


# Metadata


def test_imagej_interval_and_pixel_size(tmp_path):
    metadata = {"axes": "TYX", "finterval": 0.125, "unit": "um", "fps": 25.0}
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, scene(), imagej=True, resolution=(0.5, 0.5), metadata=metadata)
    with open_movie(path) as movie:
        assert movie.frame_rate_hz == pytest.approx(8.0)
        assert movie.pixel_size_um == pytest.approx(2.0)


def test_playback_speed_and_dots_per_inch_are_not_metadata_of_the_recording(tmp_path):
    path = tmp_path / "m.tif"
    metadata = {"axes": "TYX", "fps": 25.0}
    tifffile.imwrite(path, scene(), imagej=True, resolution=(72, 72), metadata=metadata)
    with open_movie(path) as movie:
        assert movie.frame_rate_hz is None
        assert movie.pixel_size_um is None


def test_pixels_that_are_not_square_have_no_one_size(tmp_path):
    path = tmp_path / "m.tif"
    metadata = {"axes": "TYX", "unit": "micron"}
    tifffile.imwrite(path, scene(), imagej=True, resolution=(0.5, 0.25), metadata=metadata)
    with open_movie(path) as movie:
        assert movie.pixel_size_um is None


def test_ome_increment_and_pixel_size(tmp_path):
    metadata = {
        "axes": "TYX",
        "TimeIncrement": 100.0,
        "TimeIncrementUnit": "ms",
        "PhysicalSizeX": 1200.0,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 1.2,
        "PhysicalSizeYUnit": "µm",
    }
    tifffile.imwrite(tmp_path / "m.ome.tif", scene(), ome=True, metadata=metadata)
    with open_movie(tmp_path / "m.ome.tif") as movie:
        assert movie.frame_rate_hz == pytest.approx(10.0)
        assert movie.pixel_size_um == pytest.approx(1.2)


SCANIMAGE = (
    "SI.hChannels.channelSave = {}\nSI.hRoiManager.scanFrameRate = 30.2\nSI.hFastZ.enable = 0"
)


def test_scanimage_frame_rate(tmp_path):
    software = SCANIMAGE.format("2")
    tifffile.imwrite(tmp_path / "m.tif", scene(), metadata=None, software=software)
    with open_movie(tmp_path / "m.tif") as movie:
        assert movie.frame_rate_hz == pytest.approx(30.2)


def test_scanimage_with_two_channels(tmp_path):
    software = SCANIMAGE.format("[1;2]")
    tifffile.imwrite(tmp_path / "m.tif", scene(), metadata=None, software=software)
    with pytest.raises(InputError, match="2 channels"):
        open_movie(tmp_path / "m.tif")


# What is refused


@pytest.mark.parametrize("form", [{}, {"imagej": True}, {"ome": True}])
def test_one_colour_image(tmp_path, form):
    rgb = np.zeros((12, 10, 3), np.uint8)
    tifffile.imwrite(tmp_path / "rgb.tif", rgb, photometric="rgb", **form)
    with pytest.raises(InputError, match=r"one image \(12 x 10 pixels\) of 3 values of a pixel"):
        open_movie(tmp_path / "rgb.tif")


@pytest.mark.parametrize(
    ("form", "axes", "named"),
    [
        ({"imagej": True}, "TCYX", "3 frames, 2 channels"),
        ({"imagej": True}, "TZYX", "3 frames, 2 slices"),
        ({"ome": True}, "TZYX", "3 time points, 2 planes"),
        ({}, "TCYX", "3 images on axis 1, 2 images on axis 2"),
    ],
)
def test_channels_and_planes(tmp_path, form, axes, named):
    movie = scene().reshape(3, 2, 12, 10)
    tifffile.imwrite(tmp_path / "m.tif", movie, metadata={"axes": axes}, **form)
    with pytest.raises(InputError, match=f"{named}.*Choose one with --series"):
        open_movie(tmp_path / "m.tif")


@pytest.mark.parametrize("form", [{}, {"imagej": True}, {"compression": "zlib"}])
def test_one_image(tmp_path, form):
    tifffile.imwrite(tmp_path / "image.tif", scene()[0], **form)
    with pytest.raises(InputError, match="one image"):
        open_movie(tmp_path / "image.tif")


@pytest.mark.parametrize("dtype", ["float64", "uint32", "int32", "int8", "float16"])
def test_pixel_types(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "m.tif", scene(dtype))
    with pytest.raises(InputError, match=dtype):
        open_movie(tmp_path / "m.tif")


def test_pages_of_two_sizes(tmp_path):
    with tifffile.TiffWriter(tmp_path / "m.tif") as writer:
        writer.write(scene())
        writer.write(scene()[:, :6])
    with pytest.raises(InputError, match="pages of one size and kind"):
        open_movie(tmp_path / "m.tif")


def test_no_page(tmp_path):
    (tmp_path / "m.tif").write_bytes(b"II*\0\0\0\0\0")
    with pytest.raises(InputError, match="without a page"):
        open_movie(tmp_path / "m.tif")


def test_a_page_list_that_runs_in_a_circle(tmp_path):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, scene(), metadata=None)
    with tifffile.TiffFile(path) as tif:
        first, last = tif.pages[0].offset, tif.pages[5].offset
    data = bytearray(path.read_bytes())
    n_tags = struct.unpack_from("<H", data, last)[0]
    struct.pack_into("<I", data, last + 2 + 12 * n_tags, first)
    path.write_bytes(data)
    with pytest.raises(InputError, match="a page list that ends"):
        open_movie(path)


@pytest.mark.parametrize("form", [{"metadata": None}, {"metadata": None, "compression": "zlib"}])
@pytest.mark.parametrize("last", [1, 2, 4])
def test_a_page_list_that_ends_too_early(tmp_path, form, last):
    """No text gives the number of frames here: the pages that are left over give it away."""
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, scene(), **form)
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[last].offset
    data = bytearray(path.read_bytes())
    n_tags = struct.unpack_from("<H", data, offset)[0]
    struct.pack_into("<I", data, offset + 2 + 12 * n_tags, 0)
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"nothing but the {last + 1} frames"):
        open_movie(path)


def libtiff_file(path, movie):
    """What libtiff writes: the pixels of a page, then its description, page after page."""
    _, height, width = movie.shape
    data, links = bytearray(b"II*\0\0\0\0\0"), [4]
    for frame in movie:
        pixels_at = len(data)
        data += frame.astype("<u2").tobytes()
        tags = [(256, width), (257, height), (258, 16), (259, 1), (262, 1), (273, pixels_at)]
        tags += [(277, 1), (278, height), (279, height * width * 2)]
        struct.pack_into("<I", data, links[-1], len(data))
        data += struct.pack("<H", len(tags))
        for code, value in tags:
            data += struct.pack("<HHII", code, 4, 1, value)
        links.append(len(data))
        data += bytes(4)
    path.write_bytes(data)
    return links


def test_pages_behind_their_pixels(tmp_path):
    libtiff_file(tmp_path / "m.tif", scene())
    with open_movie(tmp_path / "m.tif") as movie:
        check_all(movie, scene())


@pytest.mark.parametrize("last", [1, 3, 5])
def test_lost_pages_behind_their_pixels(tmp_path, last):
    path = tmp_path / "m.tif"
    link = libtiff_file(path, scene())[last]
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, link, 0)
    path.write_bytes(data)
    with pytest.raises(InputError, match=rf"all pages of the file \({last} are in it\)"):
        open_movie(path)


def test_a_page_description_that_was_edited_leaves_its_old_one_behind(tmp_path):
    """libtiff appends the new description and redirects the link to it."""
    path = tmp_path / "m.tif"
    libtiff_file(path, scene())
    data = bytearray(path.read_bytes())
    first = struct.unpack_from("<I", data, 4)[0]
    n_tags = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, 4, len(data))
    path.write_bytes(data + data[first : first + 2 + 12 * n_tags + 4])
    with open_movie(path) as movie:
        check_all(movie, scene())


def test_a_compression_that_cannot_be_decoded_is_named(tmp_path):
    path = tmp_path / "m.tif"
    tifffile.imwrite(path, scene(), compression="zlib")
    data = bytearray(path.read_bytes())
    for place in range(len(data) - 12):  # compression 8 (zlib) becomes 7 (JPEG) in every page
        if data[place : place + 10] == struct.pack("<HHIH", 259, 3, 1, 8):
            data[place + 8] = 7
    path.write_bytes(data)
    with pytest.raises(InputError, match="pixels of frame 0 that can be decoded"):
        open_movie(path)
