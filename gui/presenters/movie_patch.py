"""The movie around the current cell: that of the session, or, with tracks, the one that was tracked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepcinac.errors import InputError
from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.session.moving_cells import MovingCells
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.patch import input_masks, patch_box
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling.movie_reference import MovieReference
from deepcinac.recording.movie import Movie
from deepcinac.tracking.positions import Positions, tracked_movie_address


class PatchPresenter:
    """Gives the movie view its patch, outlines, tracks and masks; ``tell(error)`` hears what went wrong."""

    def __init__(
        self,
        work: Workspace,
        options: ViewOptions,
        window: MainWindow,
        tell: Callable[[BaseException], None],
    ) -> None:
        self._work, self._options, self._window, self._tell = work, options, window, tell
        self._movie: Movie | None = None
        self._recorded: Movie | None = None
        self._moving: MovingCells | None = None
        self._of: Positions | None = None
        self._tried: list[MovieReference | None] = []
        self._with_tracks = False

    def open_movie(self, movie: Movie) -> None:
        """The movie of the session is there."""
        self._movie = movie

    def close(self) -> None:
        """Let go of the movie that was tracked; the session's is its opener's to close."""
        self._close_recorded()
        self._movie = self._moving = self._of = None

    def _close_recorded(self) -> None:
        if self._recorded is not None and self._recorded is not self._movie:
            self._recorded.close()
        self._recorded, self._tried = None, []

    def apply_options(self) -> None:
        """Tracks or inputs were shown or hidden."""
        if self._movie is not None and self._wants_tracks() != self._with_tracks:
            self.show()

    def show(self) -> None:
        """The movie around the cell; what the classifier sees of it when that is asked for."""
        cells, movie = self._work.cells, self._movie
        if cells is None or movie is None:
            return
        self._with_tracks = self._wants_tracks()
        if self._with_tracks and self._find_recorded():
            self._show_recorded()
        else:
            self._show_own(movie)
        self._window.movie.go(self._work.frame)

    def _wants_tracks(self) -> bool:
        """What the classifier sees is cut from the movie in which cells stand still, so inputs go first."""
        wanted = self._options["tracks"] and not self._options["inputs"]
        return bool(wanted) and self._work.positions is not None

    def _show_own(self, movie: Movie) -> None:
        cells, cell = self._work.cells, self._work.cell
        assert cells is not None
        box = patch_box(cells, cell)
        neighbours = cells.overlaps.neighbours(cell).tolist()
        outlines = cells.contour(cell), [cells.contour(other) for other in neighbours]
        self._window.movie.set_tracks(None)
        self._set_patch(movie, box, *outlines)
        self._window.movie.set_masks(input_masks(cells, cell, box))
        self._window.movie.show_inputs(self._options["inputs"])

    def _show_recorded(self) -> None:
        moving, recorded, cell = self._moving, self._recorded, self._work.cell
        assert moving is not None
        assert recorded is not None
        box = moving.box(cell)
        self._set_patch(recorded, box)
        self._window.movie.set_masks(None)
        self._window.movie.set_tracks(lambda frame: moving.at(frame, cell, box))

    def _set_patch(self, movie: Movie, box: tuple[int, int, int, int], *outlines: list) -> None:
        top, bottom, left, right = box
        self._window.field.set_box(box)

        def read(start: int, stop: int) -> np.ndarray:
            return movie.patch(start, stop, top, bottom, left, right)

        self._window.movie.set_patch(read, top, left, bottom - top, right - left, *outlines)

    def _find_recorded(self) -> bool:
        """Open the movie that was tracked; where that fails it is said once, and not tried again."""
        positions, cells = self._work.positions, self._work.cells
        if positions is None or cells is None:
            return False
        if self._tried != [positions.movie]:
            self._close_recorded()
            self._tried = [positions.movie]
            try:
                self._recorded = self._open_recorded(positions)
            except (InputError, OSError) as error:
                self._tell(error)
        if self._of is not positions:  # positions are read anew when layers change
            self._of = positions
            self._moving = MovingCells(positions, cells, self._work.frame_rate_hz)
        return self._recorded is not None

    def _open_recorded(self, positions: Positions) -> Movie:
        from deepcinac.recording.movie_readers import open_movie
        from deepcinac.recording.working_copy import working_copy_path

        movie = self._movie
        assert movie is not None
        if positions.movie is None:
            return movie
        address = tracked_movie_address(positions, self._work.require_session())
        found = open_movie(address, working_copy=False, axes_known=True)
        if not found.random_access and working_copy_path(found).exists():
            found.close()
            found = open_movie(address, axes_known=True)
        if found.shape != movie.shape:
            shape = found.shape
            found.close()
            raise InputError(f"a tracked movie of shape {movie.shape}", f"{shape}", address)
        return found
