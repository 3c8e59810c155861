"""Whose light it is, shown: the profiles of the transient at hand, and a verdict at every peak.

Profiles are read from the movie, so all of it is done in slices while the window is idle; what was
judged once is kept until the labels of its cell change.
"""

from __future__ import annotations

from collections.abc import Iterator

from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.presenters.profile_source import ProfileSource
from deepcinac.gui.presenters.slices import Slices
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.workspace import Workspace
from deepcinac.labelling import transients
from deepcinac.recording.movie import Movie

SHOWN_EVERY = 25
"""Verdicts after which the peaks are drawn again while more are being worked out."""


class ProfilePresenter:
    """Feeds the view of profiles and, when that is asked for, the peaks in the traces."""

    def __init__(
        self,
        work: Workspace,
        options: ViewOptions,
        queue: ReviewQueue,
        window: MainWindow,
        slices: Slices,
    ) -> None:
        self._work, self._options, self._queue, self._window = work, options, queue, window
        self._slices = slices
        self.source: ProfileSource | None = None
        self._shown: tuple[int, int] | None = None
        self._shown_cell: int | None = None
        self._judged_cell: int | None = None

    def open_movie(self, movie: Movie) -> None:
        """The movie is there: profiles can be made."""
        work = self._work
        if work.data is not None and work.cells is not None:
            self.source = ProfileSource(
                movie, work.cells, work.data.raw, work.frame_rate_hz, work.transients
            )

    def close(self) -> None:
        """Let go of the movie."""
        self.source = None

    def labels_changed(self, everywhere: bool) -> None:
        """What depends on labels is made anew: of the current cell, or of all."""
        if self.source is not None:
            self.source.forget(None if everywhere else self._work.cell)

    def show(self) -> None:
        """The profiles of the transient at hand, in a while; never those of another cell until then."""
        if self._shown_cell not in (None, self._work.cell):
            self._shown_cell = None
            self._window.profiles.clear(f"Cell {self._work.cell}")
        self._slices.later("profiles", self._profiles())

    def judge_peaks(self) -> None:
        """A verdict at each visible peak, in a while; none when that is switched off."""
        if self._judged_cell != self._work.cell:
            self._judged_cell = self._work.cell
            self._window.traces.set_verdicts({})
        if self._options["judged_peaks"]:
            self._slices.later("peaks", self._peaks())
        else:
            self._window.traces.set_verdicts(None)

    def _profiles(self) -> Iterator[None]:
        """The sources of the cell and its neighbours first, one transient a slice."""
        source, work = self.source, self._work
        if source is None:
            self._window.profiles.clear("Profiles appear when the movie has been read")
            return
        yield
        cell = work.cell
        for member in source.group(cell):
            yield from source.steps(member)
        if cell == work.cell:
            self._shown, self._shown_cell = self._at_hand(), cell
            panels, verdict, title = source.panels(cell, self._shown)
            self._window.profiles.set_profiles(panels, verdict, title)

    def _peaks(self) -> Iterator[None]:
        """The transients in view, one a slice; those judged before are there at once."""
        source, work = self.source, self._work
        if source is None:
            self._window.traces.set_verdicts({})
            return
        yield
        cell = work.cell
        known = work.transients()
        in_view = known[transients.overlapping(known, *work.visible)].tolist()
        found = {}
        for member in source.group(cell) if in_view else []:
            yield from source.steps(member)
        for onset, peak in in_view:
            found[onset, peak] = source.peak_verdict(cell, onset, peak)
            if len(found) % SHOWN_EVERY == 0:
                self._window.traces.set_verdicts(dict(found))
            yield
        if cell == work.cell:
            self._window.traces.set_verdicts(found)

    def _at_hand(self) -> tuple[int, int] | None:
        """What is asked about, the selected transient, or what lies at the playhead.

        Never what is under the mouse: a verdict beside another place would be taken for this one's.
        """
        work = self._work
        asked = None if work.blind else self._queue.place_of_playhead()
        if asked is not None:
            return asked
        known = work.transients()
        for frame in (work.selected, work.frame):
            place = None if frame is None else transients.index_at(known, frame)
            if place is not None:
                return int(known[place, 0]), int(known[place, 1])
        frame = work.frame
        probability = work.prediction()
        for found in (
            transients.runs(probability >= work.threshold) if probability is not None else None,
            work.data.candidates(work.cell) if work.data is not None else None,
        ):
            place = None if found is None else transients.index_at(found, frame)
            if found is not None and place is not None:
                return int(found[place, 0]), int(found[place, 1])
        return None
