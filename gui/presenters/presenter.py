"""From the state to the views: after every change, each view gets the arrays that concern it.

What takes longer than a frame of the movie is worked through in slices while the window is idle, and
begun anew when the state moves on: profiles and verdicts (:mod:`deepcinac.gui.presenters.profiles`),
tables and the raster (:mod:`deepcinac.gui.presenters.lists`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcinac.gui.drawing import trace_picture as picture
from deepcinac.gui.drawing.unsaved import unsaved_marks
from deepcinac.gui.panels.cells_rows import CellRow
from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.presenters.lists import ListPresenter
from deepcinac.gui.presenters.movie_patch import PatchPresenter
from deepcinac.gui.presenters.profile_source import ProfileSource
from deepcinac.gui.presenters.profiles import ProfilePresenter
from deepcinac.gui.presenters.slices import Slices
from deepcinac.gui.session import topics as topic
from deepcinac.gui.session.layer_looks import colour_index, is_dimmed
from deepcinac.gui.session.marks import curve_of, differences, intervals_of, other_layers
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import transients
from deepcinac.labelling.history import Row
from deepcinac.labelling.locking import user_name
from deepcinac.recording.movie import Movie
from deepcinac.recording.trace_cache import TRACE_CHOICE

TRACE_NAMES = {
    "raw": picture.RAW,
    "smoothed": picture.SMOOTHED,
    "without_overlap": picture.WITHOUT_OVERLAP,
    "neuropil": picture.NEUROPIL,
    "minus_neuropil": picture.MINUS_NEUROPIL,
    "dff": picture.DFF,
}
assert set(TRACE_NAMES) == set(TRACE_CHOICE)
DIFFERS, DIFFERS_COLOUR = "differs", 3
"""The lane of what the prediction and the layer compared with do not share."""
SIGNAL_COLOUR = 4
READING = "Reading the movie: it plays when that is done"
IMAGE_NAMES = {"mean": "mean", "maximum": "max", "correlation": "correlation"}


class Presenter:
    """Keeps the views of a :class:`~deepcinac.gui.panels.main_window.MainWindow` true to the workspace."""

    def __init__(
        self,
        work: Workspace,
        options: ViewOptions,
        queue: ReviewQueue,
        window: MainWindow,
        tell: Callable[[BaseException], None],
    ) -> None:
        self._work, self._options, self._queue = work, options, queue
        self._window = window
        self.movie: Movie | None = None
        self.slices = Slices(window, tell)
        self._lists = ListPresenter(work, options, queue, window, self.slices)
        self._patch = PatchPresenter(work, options, window, tell)
        self._profiles = ProfilePresenter(work, options, queue, window, self.slices)

    @property
    def rows(self) -> list[CellRow]:
        """The rows of the table of cells, one for each cell."""
        return self._lists.rows

    @property
    def profiles(self) -> ProfileSource | None:
        """Where profiles and verdicts come from; None before the movie has been read."""
        return self._profiles.source

    # Session and data

    def open_movie(self, movie: Movie) -> None:
        """The movie is there: play it."""
        self.movie = movie
        rate = self._work.frame_rate_hz
        self._window.movie.set_movie(movie.n_frames, rate)
        self._window.field_panel.set_live(
            lambda: movie.frames(self._work.frame, self._work.frame + 1)[0]
        )
        self._profiles.open_movie(movie)
        self._patch.open_movie(movie)
        self._patch.show()
        self._profiles.show()
        self._profiles.judge_peaks()

    def close(self) -> None:
        """Let go of the movie."""
        self.slices.stop()
        self._window.movie.pause()
        if self.movie is not None:
            self._window.movie.clear()
            self._window.field_panel.set_live(None)
            self._patch.close()
            self.movie.close()
        self.movie = None
        self._profiles.close()
        self._lists.clear()

    # Changes

    def update(self, topics: frozenset[str]) -> None:
        """Show what changed."""
        if not self._work.is_open:
            return
        if topic.OUTLINES in topics:
            topics |= {topic.SESSION}  # to the views it is another session
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
            self._show_labels(everywhere=bool(topics & {topic.LAYER, topic.SESSION}))
        if topics & {topic.RANGE, topic.LABELS, topic.CELL, topic.LAYER, topic.SESSION}:
            self._profiles.judge_peaks()
        if topics & {topic.PREDICTION, topic.CELL, topic.THRESHOLD, topic.BLIND, topic.SESSION}:
            self._show_prediction()
        self._show_marks(topics)
        self._show_place(topics)
        self._show_lists(topics)

    def show_unsaved(self, changes: list[Row]) -> None:
        """An edit is about to go to disk: show it as pending, however long the disk takes."""
        marks = unsaved_marks(changes, self._work.layer_id, self._work.cell)
        self._window.traces.show_unsaved(marks)

    def _show_place(self, topics: frozenset[str]) -> None:
        if topics & {topic.FRAME, topic.SESSION, topic.DATA}:
            self._show_frame()

    def _show_marks(self, topics: frozenset[str]) -> None:
        if topics & {topic.CELLS, topic.CELL, topic.SESSION}:
            session = self._work.session
            invalid = session is not None and not session.cell_state(self._work.cell).valid
            self._window.traces.set_invalid(invalid)
        if topics & {topic.PENDING, topic.SESSION}:
            self._window.traces.set_pending_onset(self._work.pending_onset)
        if topics & {topic.SELECTION, topic.CELL, topic.LABELS, topic.SESSION}:
            self._show_selection()
        if topic.TOOL in topics or topic.SESSION in topics:
            self._window.traces.set_tool(_tool_of_view(self._work.tool))

    def _show_lists(self, topics: frozenset[str]) -> None:
        if topics & {topic.LAYER, topic.SESSION, topic.BLIND, topic.PREDICTION}:
            self._show_layers()
        if topics & {topic.LAYER, topic.SESSION, topic.BLIND, topic.MAP}:
            self._window.field_panel.set_maps(self._work.field_maps(), self._work.field_map)
        anew = bool(topics & {topic.SESSION, topic.DATA, topic.LAYER, topic.BLIND})
        if anew or topics & {topic.LABELS, topic.CELLS, topic.QUEUE}:
            self._lists.show_rows(anew, sort=topic.DATA in topics)
        if topics & {topic.PREDICTION, topic.THRESHOLD, topic.SESSION, topic.BLIND, topic.LABELS}:
            if topics & {topic.PREDICTION, topic.SESSION, topic.BLIND, topic.THRESHOLD}:
                self._lists.count_predicted()
            self._lists.fill_raster()
        if topics & {topic.QUEUE, topic.BLIND, topic.SESSION}:
            review = self._window.review
            (review.hide if self._work.blind else review.show)()
            self._fold_review()
        if topics & {topic.QUEUE, topic.BLIND, topic.SESSION, topic.CELL}:
            item = None if self._work.blind else self._queue.current
            here = item is not None and item.cell == self._work.cell
            self._window.traces.set_focus((item.first, item.last) if item and here else None)
            self._profiles.show()
        if topics & {topic.QUEUE, topic.CELL, topic.RANGE}:
            self._window.review.show_away(self._queue.current, self._queue.is_in_view)

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
        window.field.set_pixel_size(work.pixel_size_um)
        window.raster.set_activity(None)
        window.movie.clear(READING)
        window.profiles.clear()
        if work.data is None:
            window.traces.set_note("Reading the movie: traces appear when it is done")

    def _show_images(self) -> None:
        data = self._work.data
        if data is None:
            return
        self._window.traces.set_note("")
        images = {IMAGE_NAMES[name]: image for name, image in data.images.items()}
        self._window.field_panel.set_images(images)

    def _show_traces(self) -> None:
        data, cell = self._work.data, self._work.cell
        if data is None:
            self._window.traces.set_traces({})
            self._window.overview.set_trace(None)
            return
        shown = self._options["traces"]
        traces = {}
        for name in TRACE_CHOICE:
            if name in ("raw", "smoothed") or name in shown:
                traces[TRACE_NAMES[name]] = data.trace(name, cell)
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
        name = str(cells.names[work.cell]) if cells.names else ""
        window.toolbar.show_cell(work.cell, work.n_cells, name)
        neighbours = cells.overlaps.neighbours(work.cell).tolist()
        window.field.select(work.cell, neighbours)
        window.field.reveal(work.cell)
        window.cells.select(work.cell)
        window.raster.select(work.cell)
        self._patch.show()

    def _show_labels(self, everywhere: bool) -> None:
        """Marks of the current cell; ``everywhere``: labels of other cells changed too."""
        work, window = self._work, self._window
        known = work.transients()
        window.traces.set_transients(known)
        spans = [(kind, a, b) for kind in ("labelled", "doubtful", "movement")
                 for a, b in work.spans(kind).tolist()]  # fmt: skip
        window.traces.set_spans(spans)
        window.overview.set_spans(spans)
        window.overview.set_transients(known)
        self._show_lanes()
        self._profiles.labels_changed(everywhere)

    def _show_lanes(self) -> None:
        """Signals, other experts and other methods, each with its transients or curve, and differences."""
        work, colours, dimmed = self._work, [], []
        curves: dict[int, np.ndarray] = {}
        lanes: list[tuple[str, np.ndarray]] = []
        for signal in work.signal_lanes():
            curves[len(lanes)] = signal.curve
            lanes.append((signal.name, transients.no_transients()))
            colours.append(SIGNAL_COLOUR)
            dimmed.append(False)
        compared = work.compared_layer
        if compared is not None and work.prediction_layer is not None:
            lanes.append((DIFFERS, differences(work, work.cell)))
            colours.append(DIFFERS_COLOUR)
            dimmed.append(False)
        for layer in other_layers(work):
            curve = work.behaviour_curve(layer)
            if curve is None:
                curve = curve_of(work, layer, work.cell)
            if curve is not None:
                curves[len(lanes)] = curve
            lanes.append((layer.name, intervals_of(work, layer, work.cell)))
            colours.append(colour_index(layer))
            dimmed.append(is_dimmed(layer))
        self._window.traces.set_lanes(lanes, colours, dimmed, curves)

    def _show_prediction(self) -> None:
        work, window = self._work, self._window
        probability = work.prediction()
        window.traces.set_prediction(probability, work.prediction_name())
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
        self._profiles.show()

    def _show_frame(self) -> None:
        frame = self._work.frame
        for view in (self._window.traces, self._window.overview, self._window.raster):
            view.set_playhead(frame)
        if self.movie is not None:
            if self._window.movie.frame != frame:
                self._window.movie.go(frame)
            self._window.field_panel.refresh_live()
        if not self._window.movie.playing:
            self._profiles.show()

    def _show_layers(self) -> None:
        layers = self._work.label_layers()
        names = [layer.name for layer in layers]
        current = [layer.name for layer in layers if layer.id == self._work.layer_id]
        new = f"{user_name()} (new)" if self._work.can_edit else ""
        self._window.toolbar.show_layers(names, current[0] if current else new)
        results = [x for x in self._work.result_layers() if x.kind == "classifier"]
        chosen = self._work.prediction_layer
        self._window.toolbar.show_predictions(
            [x.name for x in results], chosen.name if chosen is not None else ""
        )

    # Options

    def apply_options(self) -> None:
        """What the view options say about the views."""
        options, window = self._options, self._window
        window.traces.set_fits_height(options["fit_height"])
        window.traces.set_magnifier(options["magnifier"])
        window.movie.set_smoothing(options["smooth_movie"])
        window.movie.set_contrast_follows(options["movie_contrast"])
        window.movie.set_brightness(options["movie_brightness"])
        window.movie.show_inputs(options["inputs"])
        self._patch.apply_options()
        window.movie.show_outlines(options["outlines"])
        window.field.show_outlines(options["outlines"])
        window.movie_panel.show_speed(options["speed"])
        window.panes["centre"].show("raster", options["raster"])
        self._fold_review()
        self._profiles.judge_peaks()
        self.apply_loop()

    def _fold_review(self) -> None:
        """An empty queue takes no room."""
        wanted = self._options["review"] and bool(self._queue.items)
        self._window.panes["columns"].show("right", wanted)

    def apply_loop(self) -> None:
        """Loop the visible range, or play to the end."""
        if self._options["loop"]:
            self._window.movie.set_loop(*self._work.visible)
        else:
            self._window.movie.set_loop(None)


def _tool_of_view(tool: str) -> str:
    return "transient" if tool == "both" else tool
