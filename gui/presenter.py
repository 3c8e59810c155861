"""From the state to the views: after every change, each view gets the arrays that concern it.

What takes longer than a frame of the movie (profiles, the raster, predicted counts of all cells) is
worked through in slices while the window is idle, and begun anew when the state moves on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from deepcinac.gui import cells_rows
from deepcinac.gui import workspace as topic
from deepcinac.gui.cells_rows import CellRow
from deepcinac.gui.patch import input_masks, patch_box
from deepcinac.gui.profile_panels import ProfileSource
from deepcinac.gui.slices import Slices
from deepcinac.labelling import transients
from deepcinac.labelling.locking import user_name
from deepcinac.recording.movie import Movie

if TYPE_CHECKING:
    from deepcinac.gui.app import App

TRACE_NAMES = {
    "raw": "raw",
    "smoothed": "smoothed",
    "without_overlap": "without overlap",
    "neuropil": "neuropil",
    "dff": "dF/F",
}
IMAGE_NAMES = {"mean": "mean", "maximum": "max", "correlation": "correlation"}
LIVE = "live"


class Presenter:
    """Keeps the views of a :class:`~deepcinac.gui.main_window.MainWindow` true to the workspace."""

    def __init__(self, app: App) -> None:
        self._app, self._work = app, app.work
        self._window = app.main
        self.movie: Movie | None = None
        self.rows: list[CellRow] = []
        self._states: list[str] = []
        self.profiles: ProfileSource | None = None
        self.slices = Slices(app.main, app.tell)
        self._profiled: tuple[int, int] | None = None

    # Session and data

    def open_movie(self, movie: Movie) -> None:
        """The movie is there: play it."""
        self.movie = movie
        rate = self._work.frame_rate_hz
        self._window.movie.set_movie(movie.n_frames, rate)
        data, cells = self._work.data, self._work.cells
        if data is not None and cells is not None:
            self.profiles = ProfileSource(movie, cells, data.raw, rate, self._work.transients)
        self._show_patch()
        self._show_profiles()

    def close(self) -> None:
        """Let go of the movie."""
        self.slices.stop()
        self._window.movie.pause()
        if self.movie is not None:
            self._window.movie.clear()
            self.movie.close()
        self.movie = self.profiles = None
        self.rows, self._states = [], []

    # Changes

    def update(self, topics: frozenset[str]) -> None:
        """Show what changed."""
        if not self._work.is_open:
            return
        if topic.SESSION in topics:
            self._show_session()
        if topics & {topic.DATA, topic.SESSION}:
            self._show_images()
        if topics & {topic.CELL, topic.DATA, topic.SESSION}:
            self._show_traces()
            self._show_cell()
        if topics & {topic.RANGE, topic.SESSION, topic.DATA}:
            for view in (self._window.traces, self._window.overview, self._window.raster):
                view.set_range(*self._work.visible)
            self.apply_loop()
        if topics & {topic.LABELS, topic.CELL, topic.LAYER, topic.SESSION, topic.BLIND}:
            self._show_labels()
        if topics & {topic.PREDICTION, topic.CELL, topic.THRESHOLD, topic.BLIND, topic.SESSION}:
            self._show_prediction()
        self._show_marks(topics)
        if topics & {topic.FRAME, topic.SESSION, topic.DATA}:
            self._show_frame()
        self._show_lists(topics)

    def _show_marks(self, topics: frozenset[str]) -> None:
        if topics & {topic.PENDING, topic.SESSION}:
            self._window.traces.set_pending_onset(self._work.pending_onset)
        if topics & {topic.SELECTION, topic.CELL, topic.LABELS, topic.SESSION}:
            self._show_selection()
        if topic.TOOL in topics or topic.SESSION in topics:
            self._window.traces.set_tool(_tool_of_view(self._work.tool))

    def _show_lists(self, topics: frozenset[str]) -> None:
        if topics & {topic.LAYER, topic.SESSION, topic.BLIND}:
            self._show_layers()
        anew = bool(topics & {topic.SESSION, topic.DATA, topic.LAYER, topic.BLIND})
        if anew or topics & {topic.LABELS, topic.CELLS, topic.QUEUE}:
            self._show_rows(anew)
        if topics & {topic.PREDICTION, topic.THRESHOLD, topic.SESSION, topic.BLIND, topic.LABELS}:
            if topics & {topic.PREDICTION, topic.SESSION, topic.BLIND, topic.THRESHOLD}:
                self.slices.later("predicted", self._count_predicted())
            self.slices.later("raster", self._fill_raster())
        if topic.QUEUE in topics:
            self._window.review.show()

    def _show_session(self) -> None:
        work, window = self._work, self._window
        cells = work.cells
        if cells is None:
            return
        rate = work.frame_rate_hz
        for view in (window.traces, window.overview, window.raster):
            view.set_recording(work.n_frames, rate)
        outlines = [cells.contour(cell) for cell in range(len(cells))]
        window.field.set_cells(outlines, ["plain"] * len(cells))
        window.raster.set_activity(None)
        if work.data is None:
            window.traces.set_note("Reading the movie: traces appear when it is done")

    def _show_images(self) -> None:
        data, field = self._work.data, self._window.field
        if data is None:
            return
        self._window.traces.set_note("")
        images = {IMAGE_NAMES[name]: image for name, image in data.images.items()}
        field.set_images(images)
        names = [*images, LIVE]
        self._window.image_box.configure(values=names)
        self._window.image_box.set(names[0])
        field.show_image(names[0])
        field.auto_contrast()
        self._app.show_contrast()

    def _show_traces(self) -> None:
        data, cell = self._work.data, self._work.cell
        if data is None:
            self._window.traces.set_traces({})
            self._window.overview.set_trace(None)
            return
        shown = self._app.options["traces"]
        traces = {}
        for name in ("raw", "smoothed", "without_overlap", "neuropil", "dff"):
            if name in ("raw", "smoothed") or name in shown:
                held = getattr(data, name)
                traces[TRACE_NAMES[name]] = held(cell) if callable(held) else held[cell]
        self._window.traces.set_traces(traces)
        for name, shown_name in TRACE_NAMES.items():
            self._window.traces.show_trace(shown_name, name in shown)
        self._window.overview.set_trace(data.smoothed(cell))

    def show_trace_choice(self) -> None:
        """The choice of traces changed."""
        self._show_traces()

    def _show_cell(self) -> None:
        work, window = self._work, self._window
        cells = work.cells
        if cells is None:
            return
        names = cells.names[work.cell] if cells.names else ""
        window.cell_label.configure(text=f"Cell {work.cell} / {work.n_cells - 1}")
        window.counts.configure(text=f"{names}")
        neighbours = cells.overlaps.neighbours(work.cell).tolist()
        window.field.select(work.cell, neighbours)
        window.field.reveal(work.cell)
        window.cells.select(work.cell)
        window.raster.select(work.cell)
        self._show_patch()

    def _show_patch(self) -> None:
        """The movie around the cell; what the classifier sees of it when that is asked for."""
        cells, movie = self._work.cells, self.movie
        if cells is None or movie is None:
            return
        top, bottom, left, right = patch_box(cells, self._work.cell)
        self._window.field.set_box((top, bottom, left, right))

        def read(start: int, stop: int) -> np.ndarray:
            return movie.patch(start, stop, top, bottom, left, right)

        neighbours = cells.overlaps.neighbours(self._work.cell).tolist()
        self._window.movie.set_patch(
            read,
            top,
            left,
            bottom - top,
            right - left,
            outlines=cells.contour(self._work.cell),
            neighbours=[cells.contour(other) for other in neighbours],
        )
        masks = input_masks(cells, self._work.cell, (top, bottom, left, right))
        self._window.movie.set_masks(masks)
        self._window.movie.show_inputs(self._app.options["inputs"])
        self._window.movie.go(self._work.frame)

    def _show_labels(self) -> None:
        work, window = self._work, self._window
        known = work.transients()
        window.traces.set_transients(known)
        spans = [(kind, a, b) for kind in ("labelled", "doubtful", "movement")
                 for a, b in work.spans(kind).tolist()]  # fmt: skip
        window.traces.set_spans(spans)
        window.overview.set_spans(spans)
        window.overview.set_transients(known)
        window.traces.set_lanes(self._lanes())
        if self.profiles is not None:
            self.profiles.forget(work.cell)

    def _lanes(self) -> list[tuple[str, np.ndarray]]:
        """Other experts and other methods, each with its transients of the cell."""
        work = self._work
        if work.session is None or work.blind:
            return []
        lanes = []
        for layer in work.session.layers():
            if layer.id in (work.layer_id, work.prediction_id):
                continue
            if layer.kind == "classifier":
                probability = work.session.prediction(layer.id, work.cell)
                if probability is not None:
                    threshold = float(layer.meta.get("threshold", 0.5))
                    lanes.append((layer.name, transients.runs(probability >= threshold)))
            else:
                lanes.append((layer.name, work.session.transients(layer.id, work.cell)))
        return lanes

    def _show_prediction(self) -> None:
        work, window = self._work, self._window
        probability = work.prediction()
        window.traces.set_prediction(probability)
        window.traces.set_threshold(work.threshold)
        active = transients.no_transients()
        if probability is not None:
            active = transients.runs(probability >= work.threshold)
        window.overview.set_prediction(active)

    def _show_selection(self) -> None:
        onsets = self._work.transients()[:, 0].tolist()
        selected = self._work.selected
        index = onsets.index(selected) if selected in onsets else None
        self._window.traces.set_selected(index)
        self.slices.later("profiles", self._profiles_slice())

    def hovered(self) -> None:
        """The mouse is over another frame of the trace: profiles follow when the transient changes."""
        if self._transient_at_hand() != self._profiled:
            self._show_profiles()

    def _show_profiles(self) -> None:
        self.slices.later("profiles", self._profiles_slice())

    def _profiles_slice(self) -> Iterator[None]:
        """The profiles of the transient at hand; the sources of the cell first, one a slice."""
        source, work = self.profiles, self._work
        if source is None:
            self._window.profiles.clear("Profiles appear when the movie has been read")
            return
        yield
        cell = work.cell
        for member in source.group(cell):
            source.prepare(member)
            yield
        if cell == work.cell:
            self._profiled = self._transient_at_hand()
            panels, verdict, title = source.panels(cell, self._profiled)
            self._window.profiles.set_profiles(panels, verdict, title)

    def _transient_at_hand(self) -> tuple[int, int] | None:
        """The hovered or selected transient, or what lies at the playhead."""
        work = self._work
        known = work.transients()
        for frame in (self._app.hovered_frame, work.selected, work.frame):
            place = None if frame is None else transients.index_at(known, frame)
            if place is not None:
                return int(known[place, 0]), int(known[place, 1])
        frame = work.frame if self._app.hovered_frame is None else self._app.hovered_frame
        probability = work.prediction()
        for found in (
            transients.runs(probability >= work.threshold) if probability is not None else None,
            work.data.candidates(work.cell) if work.data is not None else None,
        ):
            place = None if found is None else transients.index_at(found, frame)
            if found is not None and place is not None:
                return int(found[place, 0]), int(found[place, 1])
        return None

    def _show_frame(self) -> None:
        frame = self._work.frame
        for view in (self._window.traces, self._window.overview, self._window.raster):
            view.set_playhead(frame)
        if self.movie is not None:
            if self._window.movie.frame != frame:
                self._window.movie.go(frame)
            if self._window.image_box.get() == LIVE:
                self._window.field.set_live_frame(self.movie.frames(frame, frame + 1)[0])
        if not self._window.movie.playing:
            self._show_profiles()
        self._app.show_place()

    def _show_layers(self) -> None:
        layers = self._work.label_layers()
        names = [layer.name for layer in layers]
        box = self._window.layer_box
        box.configure(values=names)
        current = [layer.name for layer in layers if layer.id == self._work.layer_id]
        new = f"{user_name()} (new)" if self._work.can_edit else ""
        box.set(current[0] if current else new)

    # Lists and rasters

    def _show_rows(self, anew: bool) -> None:
        """All rows when much changed; after an edit its own row at once and the others in a while."""
        if anew or len(self.rows) != self._work.n_cells:
            whole = len(self.rows) != self._work.n_cells
            self.rows = cells_rows.base_rows(self._work)
            self.slices.later("predicted", self._count_predicted())
            self._rows_changed(whole)
            return
        row = cells_rows.refreshed_row(self._work, self.rows[self._work.cell])
        self.rows[self._work.cell] = row
        self._window.cells.refresh([row])
        self.slices.later("rows", self._refresh_rows())

    def _refresh_rows(self) -> Iterator[None]:
        """An undo may have reached any cell."""
        yield
        self.rows = cells_rows.base_rows(self._work, self.rows)
        yield
        self._rows_changed(whole=False)

    def _rows_changed(self, whole: bool) -> None:
        table, queue = self._window.cells, self._app.queue
        cells_rows.mark_due(self.rows, queue.items, set(queue.decided))
        if whole or not table.shown_cells():
            table.show(self.rows)
        else:
            table.refresh(self.rows)
        states = [row.state for row in self.rows]
        if states != self._states:
            self._states = states
            self._window.field.set_states(states)
        n_reviewed = sum(row.reviewed for row in self.rows)
        n_labelled = sum(row.n_labelled for row in self.rows)
        text = f"{n_labelled} transients, {n_reviewed}/{len(self.rows)} reviewed"
        self._window.counts.configure(text=text)

    def _count_predicted(self) -> Iterator[None]:
        work = self._work
        session, layer = work.session, work.prediction_id
        if session is None or layer is None or work.blind:
            for row in self.rows:
                row.n_predicted = row.uncertainty = None
            self._rows_changed(whole=False)
            return
        threshold = work.threshold
        for cell in session.predicted_cells(layer).tolist():
            probability = session.prediction(layer, cell)
            if probability is not None:
                found = cells_rows.predicted_of(probability, threshold)
                self.rows[cell].n_predicted, self.rows[cell].uncertainty = found
            yield
        self._rows_changed(whole=False)

    def _fill_raster(self) -> Iterator[None]:
        """Predicted frames of all cells; labelled ones where a cell was not predicted."""
        work = self._work
        session = work.session
        if session is None or not self._app.options["raster"]:
            return
        yield
        activity = np.zeros((work.n_cells, work.n_frames), dtype=bool)
        if work.layer_id is not None:
            for cell, onset, peak in session.all_transients(work.layer_id).tolist():
                activity[cell, onset : peak + 1] = True
        yield
        layer = work.prediction_id
        if layer is not None and not work.blind:
            for cell in session.predicted_cells(layer).tolist():
                probability = session.prediction(layer, cell)
                if probability is not None:
                    np.logical_or(activity[cell], probability >= work.threshold, out=activity[cell])
                yield
        self._window.raster.set_activity(activity)

    # Options

    def apply_options(self) -> None:
        """What the view options say about the views."""
        options, window = self._app.options, self._window
        window.traces.set_magnifier(options["magnifier"])
        window.movie.set_smoothing(options["smooth_movie"])
        window.movie.show_inputs(options["inputs"])
        window.movie.show_outlines(options["outlines"])
        window.field.show_outlines(options["outlines"])
        window.movie.set_speed(options["speed"])
        window.speed_box.set(f"{options['speed']:g}x")
        window.panes["centre"].show("raster", options["raster"])
        window.panes["columns"].show("right", options["review"])
        self.apply_loop()

    def apply_loop(self) -> None:
        """Loop the visible range, or play to the end."""
        if self._app.options["loop"]:
            self._window.movie.set_loop(*self._work.visible)
        else:
            self._window.movie.set_loop(None)


def _tool_of_view(tool: str) -> str:
    return "transient" if tool == "both" else tool
