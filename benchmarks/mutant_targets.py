"""Small files of every format that is read, by the real writers where there are any, and their readers.

A target makes one file (with what must lie beside it) in an empty folder, and reads it through the public
functions; what was read comes back as a list of arrays and texts, which :func:`digest` turns into two
numbers: one of its form (how many, which shape and type) and one of all values.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

N_FRAMES, HEIGHT, WIDTH, N_CELLS = 12, 16, 18, 3
SHAPE = (N_FRAMES, HEIGHT, WIDTH)


@dataclass(frozen=True)
class Target:
    """One format: ``make`` writes into a folder and returns the file to damage; ``read`` reads it."""

    make: Callable[[Path], Path]
    read: Callable[[Path], Iterator[Any]]
    of: str


def digest(parts: Iterator[Any]) -> tuple[str, str]:
    """Hashes of the form and of the values."""
    form, values = hashlib.sha256(), hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            form.update(f"{part.dtype.str}{part.shape}".encode())
            plain = part if part.dtype != object else np.array([repr(x) for x in part.ravel()])
            values.update(np.ascontiguousarray(plain).tobytes())
        else:
            form.update(type(part).__name__.encode())
            values.update(repr(part).encode("utf-8", "backslashreplace"))
    return form.hexdigest(), values.hexdigest()


def pixels() -> np.ndarray:
    """A movie whose every pixel is known."""
    return np.random.default_rng(1).integers(0, 500, SHAPE).astype(np.uint16)


def some_cells() -> Any:
    """Three cells, two of which overlap."""
    from deepcinac.recording.cells import make_cells

    def square(top: int, left: int, side: int) -> Any:
        y, x = np.mgrid[top : top + side, left : left + side]
        return y.ravel(), x.ravel(), None

    return make_cells([square(1, 1, 4), square(2, 4, 4), square(10, 12, 3)], HEIGHT, WIDTH, "x")


def label_image() -> np.ndarray:
    """Numbers of cells, 0 for none."""
    image = np.zeros((HEIGHT, WIDTH), np.uint16)
    image[1:5, 1:5], image[8:12, 4:8], image[12:15, 12:16] = 1, 2, 3
    return image


# Readers: everything that the program would go on to use


def movie(path: Path) -> Iterator[Any]:
    """Pixels and units of a movie."""
    from deepcinac.recording.movie_readers import open_movie

    with open_movie(path, working_copy=False) as opened:
        yield opened.frames(0, opened.n_frames)
        yield opened.frame_rate_hz
        yield opened.pixel_size_um


def cells(path: Path, variable: str = "") -> Iterator[Any]:
    """Pixels and validity of cells."""
    from deepcinac.formats import load_cells

    found = load_cells(f"{path}#{variable}" if variable else path, (HEIGHT, WIDTH))
    yield np.array(found.valid)
    for cell in found.cells:
        yield from (cell.ypix, cell.xpix, cell.weight)


def cells_of_coor(path: Path) -> Iterator[Any]:
    """One variable of several."""
    yield from cells(path, "Coor")


def labels(path: Path) -> Iterator[Any]:
    """Transients and spans of all layers."""
    from deepcinac.formats.label_files import load_labels

    for layer in load_labels(path, N_CELLS, N_FRAMES):
        yield layer.transients
        yield from layer.spans.values()
        yield from (layer.name, layer.author, layer.kind)


def cinac(path: Path) -> Iterator[Any]:
    """Cells and labels of a published file."""
    from deepcinac.formats.cinac import cells_in, labels_in, read_cinac

    content = read_cinac(path)
    found = cells_in(content, (HEIGHT, WIDTH))
    yield from (cell.ypix for cell in found.cells)
    layer = labels_in(content, N_CELLS, N_FRAMES)
    yield layer.transients
    yield from layer.spans.values()


def results(path: Path) -> Iterator[Any]:
    """Every result of a file."""
    from deepcinac.results.files import read_results

    found = read_results(path, (N_CELLS, N_FRAMES))
    for item in found:
        yield item.kind
        yield item.array
        yield item.cells
    yield found.threshold


def types(path: Path) -> Iterator[Any]:
    """Types of cells."""
    from deepcinac.formats.type_files import load_types

    found = load_types(path, N_CELLS)
    yield from (found.given, found.predicted)


def truth(path: Path) -> Iterator[Any]:
    """Transients that are true."""
    from deepcinac.evaluation.truth import load_truth

    found = load_truth(path)
    yield from found.transients
    yield found.doubtful


def classifier(path: Path) -> Iterator[Any]:
    """Card and hash of the weights."""
    from deepcinac.learning.card import read_card
    from deepcinac.tasks.activity.model import parts_of

    card = read_card(path.parent)
    yield parts_of(card)
    yield dataclasses.replace(card, description="", limits="", made_by="")


def type_classifier(path: Path) -> Iterator[Any]:
    """A fitted estimator."""
    from deepcinac.tasks.cell_types.model import load_classifier

    found = load_classifier(path)
    yield from (found.types, found.weights, found.intercept, found.mean, found.sd)


def session_labels(path: Path) -> Iterator[Any]:
    """What people said in a session."""
    from deepcinac.labelling.session import Session

    with Session.open(path, read_only=True) as opened:
        for layer in opened.layers():
            yield from (layer.kind, opened.all_transients(layer.id))
            yield from (opened.all_spans(layer.id, kind) for kind in ("labelled", "doubtful"))
        yield opened.cells().valid
        yield [(cell.ypix.tolist(), cell.xpix.tolist()) for cell in opened.cells().cells]


def session_results(path: Path) -> Iterator[Any]:
    """What methods said in a session, which has checksums."""
    from deepcinac.labelling.session import Session

    with Session.open(path, read_only=True) as opened:
        for layer in opened.layers():
            if layer.kind == "classifier":
                yield opened.predictions(layer.id)


def info(path: Path) -> Iterator[Any]:
    """What ``deepcinac info`` says; the text alone."""
    from deepcinac.cli.info import describe

    yield repr(describe(path))


# Writers


def tiff(**form: Any) -> Callable[[Path], Path]:
    """A movie as tifffile writes it."""

    def make(folder: Path) -> Path:
        import tifffile

        tifffile.imwrite(folder / "m.tif", pixels(), **form)
        return folder / "m.tif"

    return make


def npy(values: Callable[[], Any], name: str = "m.npy") -> Callable[[Path], Path]:
    """One array."""

    def make(folder: Path) -> Path:
        np.save(folder / name, values(), allow_pickle=True)
        return folder / name

    return make


def hdf5(name: str = "m.h5", **storage: Any) -> Callable[[Path], Path]:
    """A movie in a dataset."""

    def make(folder: Path) -> Path:
        import h5py

        with h5py.File(folder / name, "w") as file:
            file.create_dataset("mov", data=pixels(), **storage)
        return folder / name

    return make


def nwb(folder: Path) -> Path:
    """A movie and masks, laid out as pynwb does."""
    import h5py

    with h5py.File(folder / "m.nwb", "w") as file:
        file.attrs["nwb_version"] = "2.7.0"

        def typed(name: str, kind: str) -> Any:
            group = file.create_group(name)
            group.attrs["neurodata_type"], group.attrs["namespace"] = kind, "core"
            return group

        plane = typed("general/optophysiology/plane", "ImagingPlane")
        plane["imaging_rate"] = 7.5
        series = typed("acquisition/TwoPhotonSeries", "TwoPhotonSeries")
        series["imaging_plane"] = h5py.SoftLink("/general/optophysiology/plane")
        series["data"] = pixels()
        series["starting_time"] = 0.0
        series["starting_time"].attrs["rate"] = 8.0
        table = typed("processing/ophys/ImageSegmentation/PlaneSegmentation", "PlaneSegmentation")
        table["id"] = np.arange(N_CELLS)
        table["image_mask"] = np.stack([some_cells().mask(n) for n in range(N_CELLS)]).astype("f4")
    return folder / "m.nwb"


def suite2p(which: str) -> Callable[[Path], Path]:
    """A plane folder; one of its files is the one to damage."""

    def make(folder: Path) -> Path:
        stat = np.empty(N_CELLS, dtype=object)
        stat[:] = [{"ypix": c.ypix, "xpix": c.xpix, "lam": c.weight} for c in some_cells().cells]
        np.save(folder / "stat.npy", stat)
        np.save(folder / "iscell.npy", np.array([[1, 0.9], [1, 0.8], [0, 0.1]]))
        ops = {"Ly": HEIGHT, "Lx": WIDTH, "nframes": N_FRAMES, "fs": 10.0}
        np.save(folder / "ops.npy", np.array(ops, dtype=object))
        (folder / "data.bin").write_bytes(pixels().astype("<i2").tobytes())
        return folder / which

    return make


def of_folder(read: Callable[[Path], Iterator[Any]]) -> Callable[[Path], Iterator[Any]]:
    """A reader that is given the folder."""
    return lambda path: read(path.parent)


def own_cells(folder: Path) -> Path:
    """Our own form."""
    from deepcinac.recording.cells import save_cells

    save_cells(folder / "cells.npz", some_cells())
    return folder / "cells.npz"


def label_tiff(folder: Path) -> Path:
    """A label image."""
    import tifffile

    tifffile.imwrite(folder / "labels.tif", label_image())
    return folder / "labels.tif"


def selections(folder: Path) -> Path:
    """ImageJ's list."""
    import roifile

    with zipfile.ZipFile(folder / "RoiSet.zip", "w") as archive:
        for number, (top, left) in enumerate([(1, 1), (4, 8), (9, 3)]):
            points = np.array([[left, top], [left + 4, top], [left + 4, top + 5], [left, top + 5]])
            roi = roifile.ImagejRoi.frompoints(points, name=f"c{number}")
            archive.writestr(f"{number}.roi", roi.tobytes())
    return folder / "RoiSet.zip"


def selection(folder: Path) -> Path:
    """One selection of ImageJ."""
    import roifile

    roi = roifile.ImagejRoi.frompoints(np.array([[2, 2], [9, 2], [9, 11], [2, 11]]), name="one")
    roi.tofile(folder / "one.roi")
    return folder / "one.roi"


def matlab(folder: Path) -> Path:
    """Outlines as CaImAn and CNMF in MATLAB leave them."""
    from scipy.io import savemat

    coor = np.empty((N_CELLS, 1), dtype=object)
    for number, (top, left) in enumerate([(1, 1), (4, 8), (9, 3)]):
        coor[number, 0] = np.array(
            [[left, left + 4, left + 4, left], [top, top, top + 5, top + 5]], float
        )
    savemat(folder / "c.mat", {"Coor": coor, "fs": 10.0}, do_compression=True)
    return folder / "c.mat"


def matlab_plain(folder: Path) -> Path:
    """A stack of masks, uncompressed."""
    from scipy.io import savemat

    masks = np.stack([some_cells().mask(n) for n in range(N_CELLS)], axis=2).astype(np.uint8)
    savemat(folder / "c.mat", {"masks": masks})
    return folder / "c.mat"


def sparse_npz(folder: Path) -> Path:
    """CaImAn's matrix A."""
    import scipy.sparse

    columns = [some_cells().mask(n).astype(float).ravel(order="F") for n in range(N_CELLS)]
    scipy.sparse.save_npz(folder / "A.npz", scipy.sparse.csc_matrix(np.column_stack(columns)))
    return folder / "A.npz"


def caiman(folder: Path) -> Path:
    """The parts of CaImAn's results that are read."""
    import h5py
    import scipy.sparse

    columns = [some_cells().mask(n).astype(float).ravel(order="F") for n in range(N_CELLS)]
    matrix = scipy.sparse.csc_matrix(np.column_stack(columns))
    with h5py.File(folder / "c.hdf5", "w") as file:
        for name in ("data", "indices", "indptr"):
            file[f"estimates/A/{name}"] = getattr(matrix, name)
        file["estimates/A/shape"] = matrix.shape
        file["estimates/dims"] = np.array([HEIGHT, WIDTH])
        file["estimates/C"] = np.zeros((N_CELLS, N_FRAMES))
        file["params/data/fr"] = 30
    return folder / "c.hdf5"


def some_labels(folder: Path, name: str) -> Path:
    """One layer in the form that the name means."""
    from deepcinac.formats.label_files import save_labels
    from deepcinac.labelling.layer_labels import make_labels

    transients = np.array([[0, 1, 3], [0, 6, 8], [1, 2, 5], [2, 9, 10]])
    spans = {"labelled": np.array([[0, 0, 11], [1, 0, 7]]), "doubtful": np.array([[1, 8, 9]])}
    made = make_labels(N_CELLS, N_FRAMES, transients, spans, name="anna", author="anna")
    save_labels(folder / name, [made], 10.0, "m.tif")
    return folder / name


def some_results(folder: Path, name: str) -> Path:
    """A probability and a spike rate."""
    from deepcinac.results import Maker, Result, Results, TimeBase
    from deepcinac.results.files import write_results

    probability = np.random.default_rng(2).random((N_CELLS, N_FRAMES)).astype(np.float32)
    maker = Maker("activity", "general", "3", "ab" * 32, {}, "cd" * 32, "2", "2026-11-27T10:00")
    about = (("cell", "frame"),)
    items = tuple(
        Result(kind, probability * scale, *about, units, maker, np.arange(N_CELLS), None, TimeBase(10.0))
        for kind, scale, units in (("probability", 1, "1"), ("spike_rate_hz", 4, "Hz"))
    )  # fmt: skip
    write_results(folder / name, Results(items, 0.5, (), {"frame_rate_hz": 10.0}))
    return folder / name


def old_cinac(folder: Path) -> Path:
    """One segment of each of two cells, as version 1.1.10 wrote them."""
    import h5py

    outlines = [np.array([[x, x + 4, x + 4, x], [y, y, y + 4, y + 4]]) for x, y in
                ((1, 1), (8, 4), (3, 9))]  # fmt: skip

    def draw(group: Any, drawn: list[np.ndarray]) -> None:
        form = h5py.vlen_dtype(np.dtype(np.int32))
        written = group.create_dataset("cells_contour", shape=(len(drawn), 2), dtype=form)
        for number, outline in enumerate(drawn):
            written[number, 0], written[number, 1] = outline
        group.create_dataset("invalid_cells", data=np.zeros(len(drawn), "int8"))

    with h5py.File(folder / "a.cinac", "w") as file:
        full = file.create_group("full_data")
        full.attrs["n_frames"], full.attrs["n_cells"] = N_FRAMES, N_CELLS
        draw(full, outlines)
        for name in ("smooth_traces", "raw_traces"):
            full.create_dataset(name, data=np.zeros((N_CELLS, N_FRAMES)))
        for cell in range(2):
            group = file.create_group(f"cell_{cell}_0_{N_FRAMES - 1}")
            group.attrs["pixels_around"], group.attrs["buffer"] = 0, 1
            active = np.zeros(N_FRAMES, "int8")
            active[2 + cell : 5] = 1
            group.create_dataset("raster_dur", data=active)
            group.create_dataset("doubtful_frames", data=np.zeros(N_FRAMES, "int8"))
            for name in ("smooth_traces", "raw_traces"):
                group.create_dataset(name, data=np.zeros(N_FRAMES))
            group.create_dataset("ci_movie", data=np.zeros((N_FRAMES, 9, 9)))
            draw(group, outlines[cell : cell + 1])
    return folder / "a.cinac"


def some_types(folder: Path) -> Path:
    """A table of types."""
    from deepcinac.formats.type_files import write_types

    write_types(folder / "t.csv", N_CELLS, {0: "pyramidal", 2: "=1+1"}, {})
    return folder / "t.csv"


def some_truth(folder: Path) -> Path:
    """The truth of a simulated recording."""
    active = np.zeros((N_CELLS, N_FRAMES), bool)
    active[0, 2:5] = active[2, 7] = True
    np.savez_compressed(folder / "truth.npz", active=active, doubtful=np.zeros_like(active))
    return folder / "truth.npz"


def shipped(which: str) -> Callable[[Path], Path]:
    """The classifier that ships."""

    def make(folder: Path) -> Path:
        import shutil

        from deepcinac.learning.zoo import shipped_folder

        for name in ("card.json", "model.weights.h5"):
            shutil.copyfile(shipped_folder() / "general" / name, folder / name)
        return folder / which

    return make


def fitted_types(folder: Path) -> Path:
    """A classifier of types with made-up numbers."""
    from deepcinac.tasks.cell_types import model

    n_features, columns = len(model.FEATURES), ("mean", "sd", "low", "high")
    values = {name: np.full(n_features, 1.0 + k) for k, name in enumerate(columns)}
    made = model.TypeClassifier(
        ("interneuron", "pyramidal"),
        **values,
        weights=np.arange(2.0 * n_features).reshape(2, n_features),
        intercept=np.zeros(2),
        about={"scores": {}},
    )
    model.save_classifier(folder / "types.json", made)
    return folder / "types.json"


def some_session(folder: Path) -> Path:
    """A session with labels and a prediction."""
    from deepcinac.labelling.session import Session

    np.save(folder / "m.npy", pixels())
    path = folder / "s.deepcinac"
    with Session.create(path, folder / "m.npy", SHAPE, some_cells(), 10.0, 2.0) as made:
        layer = made.add_layer("expert", "anna").id
        for cell in range(N_CELLS):
            made.add_transient(layer, cell, 2 * cell, 2 * cell + 3)
        made.add_span(layer, 0, "labelled", 0, 11)
        model = made.add_layer("classifier", "general").id
        values = np.random.default_rng(2).random((N_CELLS, N_FRAMES)).astype(np.float32)
        made.write_prediction(model, list(range(N_CELLS)), values)
    return path


def old_curves(folder: Path) -> Path:
    """Our ``.npz`` with its notes as JSON text."""
    path = some_results(folder, "r.npz")
    with np.load(path) as archive:
        arrays = dict(archive)
    arrays["meta"] = np.array(json.dumps({"threshold": 0.5, "n_frames": N_FRAMES}))
    np.savez(path, **arrays)  # uncompressed: digits lie open
    return path


TARGETS: dict[str, Target] = {
    "TIFF, many pages": Target(tiff(), movie, "movie"),
    "TIFF, no description": Target(tiff(metadata=None), movie, "movie"),
    "TIFF, zlib": Target(tiff(compression="zlib"), movie, "movie"),
    "TIFF, zlib with predictor": Target(tiff(compression="zlib", predictor=True), movie, "movie"),
    "TIFF, tiles": Target(tiff(tile=(16, 16)), movie, "movie"),
    "TIFF, strips": Target(tiff(rowsperstrip=3), movie, "movie"),
    "BigTIFF": Target(tiff(bigtiff=True), movie, "movie"),
    "TIFF, big-endian": Target(tiff(byteorder=">"), movie, "movie"),
    "TIFF of ImageJ": Target(tiff(imagej=True, metadata={"axes": "TYX"}), movie, "movie"),
    "OME-TIFF": Target(tiff(ome=True, metadata={"axes": "TYX"}), movie, "movie"),
    ".npy movie": Target(npy(pixels), movie, "movie"),
    "HDF5 movie": Target(hdf5(), movie, "movie"),
    "HDF5 movie, gzip": Target(hdf5(chunks=(1, 16, 18), compression="gzip"), movie, "movie"),
    "HDF5 movie, shuffle and checksum": Target(
        hdf5(chunks=(4, 16, 18), compression="gzip", shuffle=True, fletcher32=True), movie, "movie"
    ),
    "NWB movie": Target(nwb, movie, "movie"),
    "NWB masks": Target(nwb, cells, "cells"),
    "suite2p data.bin": Target(suite2p("data.bin"), of_folder(movie), "movie"),
    "suite2p ops.npy": Target(suite2p("ops.npy"), of_folder(movie), "movie"),
    "suite2p stat.npy": Target(suite2p("stat.npy"), of_folder(cells), "cells"),
    "suite2p iscell.npy": Target(suite2p("iscell.npy"), of_folder(cells), "cells"),
    "our cells.npz": Target(own_cells, cells, "cells"),
    "label image .npy": Target(npy(label_image, "l.npy"), cells, "cells"),
    "label image TIFF": Target(label_tiff, cells, "cells"),
    "ImageJ RoiSet.zip": Target(selections, cells, "cells"),
    "ImageJ .roi": Target(selection, cells, "cells"),
    "MATLAB 5 outlines": Target(matlab, cells_of_coor, "cells"),
    "MATLAB 5 masks": Target(matlab_plain, cells, "cells"),
    "sparse .npz": Target(sparse_npz, cells, "cells"),
    "CaImAn HDF5": Target(caiman, cells, "cells"),
    "labels .csv": Target(lambda f: some_labels(f, "l.csv"), labels, "labels"),
    "labels .npz": Target(lambda f: some_labels(f, "l.npz"), labels, "labels"),
    "labels .mat": Target(lambda f: some_labels(f, "l.mat"), labels, "labels"),
    ".cinac": Target(old_cinac, cinac, "labels"),
    "types .csv": Target(some_types, types, "labels"),
    "truth.npz": Target(some_truth, truth, "labels"),
    "results .npz": Target(lambda f: some_results(f, "r.npz"), results, "results"),
    "results .npz, open": Target(old_curves, results, "results"),
    "results .csv": Target(lambda f: some_results(f, "r.csv"), results, "results"),
    "results .mat": Target(lambda f: some_results(f, "r.mat"), results, "results"),
    "results .npy": Target(lambda f: some_results(f, "r.npy"), results, "results"),
    "card.json": Target(shipped("card.json"), classifier, "classifier"),
    "weights": Target(shipped("model.weights.h5"), classifier, "classifier"),
    "types.json": Target(fitted_types, type_classifier, "classifier"),
    "session, labels": Target(some_session, session_labels, "session labels"),
    "session, results": Target(some_session, session_results, "session results"),
    "info of a TIFF": Target(tiff(), info, "info"),
    "info of HDF5": Target(hdf5(chunks=(1, 16, 18), compression="gzip"), info, "info"),
    "info of a session": Target(some_session, info, "info"),
    "info of a suite2p folder": Target(suite2p("stat.npy"), of_folder(info), "info"),
}
