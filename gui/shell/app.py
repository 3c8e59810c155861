"""The window as a program: who owns what, and who hears of what. Everything is connected here.

One Tk thread. The state is in :mod:`deepcinac.gui.session`, what the user can do in
:mod:`deepcinac.gui.commands` and :mod:`deepcinac.gui.handlers`.
"""

from __future__ import annotations

import contextlib
import gc
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepcinac.gui.commands.conditions import Conditions
from deepcinac.gui.commands.first_steps import STEPS, FirstSteps, how_to
from deepcinac.gui.commands.keymap import Keymap, key_name
from deepcinac.gui.commands.stages import Stages
from deepcinac.gui.commands.table import BY_ID
from deepcinac.gui.handlers import Handlers
from deepcinac.gui.handlers.analysis import AnalysisHandlers
from deepcinac.gui.handlers.cell_types import TypeHandlers
from deepcinac.gui.handlers.classifier import ClassifierHandlers
from deepcinac.gui.handlers.evaluation import EvaluationHandlers
from deepcinac.gui.handlers.files import FileHandlers
from deepcinac.gui.handlers.helping import HelpHandlers
from deepcinac.gui.handlers.labels import CellHandlers, LabelHandlers, LayerHandlers
from deepcinac.gui.handlers.missing import MissingHandlers
from deepcinac.gui.handlers.places import MovieHandlers, PlaceHandlers, ViewHandlers
from deepcinac.gui.handlers.reviewing import ReviewHandlers
from deepcinac.gui.handlers.zoo import ZooHandlers
from deepcinac.gui.jobs.board import POLL_MS, JobBoard
from deepcinac.gui.panels.controls import Controls
from deepcinac.gui.panels.main_window import MainWindow
from deepcinac.gui.panels.view_events import ViewEvents
from deepcinac.gui.presenters.presenter import Presenter
from deepcinac.gui.presenters.session_view import SessionView
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.options import ViewOptions
from deepcinac.gui.session.range_history import RangeHistory
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.topics import (
    CELLS,
    DATA,
    FRAME,
    HOVER,
    LABELS,
    LAYER,
    PENDING,
    RANGE,
    SELECTION,
    SESSION,
    TOOL,
)
from deepcinac.gui.session.workspace import Workspace
from deepcinac.gui.shell.menus import Menus
from deepcinac.gui.shell.others import OtherUsers
from deepcinac.gui.shell.root_window import RootWindow
from deepcinac.gui.shell.session_host import PANES, SessionHost
from deepcinac.gui.shell.start import StartScreen
from deepcinac.gui.shell.status_bar import StatusBar
from deepcinac.gui.widgets.dropping import accept_drops
from deepcinac.gui.widgets.parts import is_typing
from deepcinac.gui.widgets.talk import Talk

HEARTBEAT_MS = 60_000
OF_THE_PLACE = {FRAME, RANGE, HOVER, SELECTION, PENDING, TOOL, DATA}
"""Topics of where we look: nothing was done, so that the stages are what they were."""
LOOK_MS = 2_000
"""How often a window that only reads looks for what the writer has done."""


class App:
    """The program's window; ``run`` shows it until it is closed.

    ``root`` may be given (tests share one); otherwise it is made.

    Attributes
    ----------
    window, status, menus, talk
        The root window and what frames the views: status line, menus, notices and questions.
    work, options, labeller, ranges, queue
        The state: what is looked at and how, and what edits it.
    host
        Opens and closes sessions; owns the start screen and the views.
    jobs
        Long work in other processes.
    keymap, conditions, handlers
        What can be done, when, and what does it.
    """

    def __init__(self, root: tk.Tk | None = None, settings: SettingsStore | None = None) -> None:
        self.settings = settings or SettingsStore()
        self.options = ViewOptions(self.settings.get("view", {}))
        self.window = RootWindow(root, self.settings, self.options["dark"])
        self.root, self.theme = self.window.root, self.window.theme
        self.keymap = Keymap(self.settings.get("keys", {}))
        self.work = Workspace()
        self.labeller = Labeller(self.work)
        self.ranges = RangeHistory(self.work)
        self.queue = ReviewQueue(self.work)
        self.jobs = JobBoard(self._jobs_changed)
        self.conditions = Conditions(self.work, self.options, self.jobs, self.queue)
        self.stages = Stages(self.work, self.queue, self.jobs)
        self.steps = FirstSteps(self.work, self.stages)
        self._others = OtherUsers(self.work)
        self._controls_stale, self._stages_stale = False, True
        self._asked_of_jobs = False

        self.menus = Menus(self.root, self.keymap, self.conditions, self.run_command)
        self.status = StatusBar(self.root, self.theme, self.work, self.jobs)
        self.status.pack(side="bottom", fill="x")
        self.talk = Talk(self.root, self.theme, self._refresh)
        self.window.on_failure(self.talk.tell)
        self.window.holder.pack(side="top", fill="both", expand=True)
        self.host = SessionHost(
            self.window,
            self.talk,
            self.work,
            self.queue,
            self.jobs,
            self.options,
            self.settings,
            self._make_start,
            self._make_view,
            lambda: self.run_command("relink"),
        )
        self.handlers = self._make_handlers()

        self.work.observe(self._work_changed)
        self.options.observe(self._option_changed)
        self.root.bind("<KeyPress>", self._key_pressed, add=True)
        self.root.protocol("WM_DELETE_WINDOW", self.quit)
        accept_drops(self.root, self.host.open_paths)
        # On macOS Tk calls this with what was double-clicked in the Finder.
        self.root.createcommand("::tk::mac::OpenDocument", lambda *paths: self.open_path(paths[0]))
        self._every("poll", POLL_MS, self.jobs.poll)
        self._every("heartbeat", HEARTBEAT_MS, self._heartbeat)
        self._every("look", LOOK_MS, self._others.look)
        self.handlers.classifier.take_up()
        if self.settings.notice:
            self.talk.say(self.settings.notice)

    # What there is to look at

    def _make_start(self) -> StartScreen:
        return StartScreen(
            self.window.holder,
            self.theme,
            self.settings,
            self.jobs,
            self.talk,
            self.run_command,
            self.open_path,
        )

    def _make_view(self) -> SessionView:
        events = ViewEvents(
            self.work,
            self.labeller,
            self.options,
            self.talk,
            self.status.show_place,
            self.menus.pop_up,
        )
        window = MainWindow(
            self.window.holder,
            self.theme,
            Controls(self.theme, self.keymap, self.conditions, self.run_command),
            events,
            self.queue,
            self.settings.get(PANES, {}),
        )
        presenter = Presenter(self.work, self.options, self.queue, window, self.talk.tell)
        return SessionView(window, presenter)

    def _make_handlers(self) -> Handlers:
        root, work, options, talk = self.root, self.work, self.options, self.talk
        host, jobs, labeller = self.host, self.jobs, self.labeller
        classifier = ClassifierHandlers(root, self.theme, host, work, self.settings, jobs, talk)
        return Handlers(
            files=FileHandlers(
                root, self.theme, host, work, options, self.settings, jobs, talk, self.quit
            ),
            labels=LabelHandlers(work, labeller, self.queue, host, talk),
            layers=LayerHandlers(root, self.theme, work, jobs, talk),
            cells=CellHandlers(root, self.theme, work, talk),
            missing=MissingHandlers(root, self.theme, host, work, jobs, talk),
            types=TypeHandlers(root, work, jobs, talk),
            places=PlaceHandlers(work, labeller, self.ranges, host, talk),
            view=ViewHandlers(work, options, host),
            movie=MovieHandlers(work, options, host, talk),
            classifier=classifier,
            training=classifier.training,
            zoo=ZooHandlers(
                root, self.theme, work, self.settings, jobs, talk, classifier.predict_with
            ),
            review=ReviewHandlers(root, self.theme, work, options, self.queue, jobs, talk),
            evaluation=EvaluationHandlers(root, self.theme, host, work, jobs, talk),
            analysis=AnalysisHandlers(root, self.theme, work, jobs, talk),
            help=HelpHandlers(
                root, self.theme, self.keymap, options, host, talk, self._keys_changed
            ),
        )

    @property
    def main(self) -> MainWindow:
        """The panels of the open session."""
        return self.host.view.window

    @property
    def presenter(self) -> Presenter:
        """What keeps the panels true to the state."""
        return self.host.view.presenter

    def open_path(self, path: str | Path) -> bool:
        """Open a session file, or the form for a new one; a failure is reported."""
        return self.host.open_path(path)

    # Commands and keys

    def run_command(self, command_id: str) -> bool:
        """Do what a command does when it is offered; False when it was not, or failed."""
        command = BY_ID[command_id]
        done = self.conditions.test(command.enabled)
        if done:
            done = self.talk.attempt(self.handlers.of(command))
        self.refresh_controls()
        return done

    def _key_pressed(self, event: tk.Event[Any]) -> str | None:
        focus = self._focus()
        if focus is not None and focus.winfo_toplevel() is not self.root:
            return None
        key = key_name(event.keysym, int(event.state), self.root.tk.call("tk", "windowingsystem"))
        command = self.keymap.find(key)
        if command is None or (is_typing(focus) and not command.while_typing):
            return None
        if key == "Esc" and (self.handlers.help.hide_keys() or self.talk.escape()):
            return "break"
        self.run_command(command.id)
        return "break"

    def _focus(self) -> tk.Misc | None:
        try:
            return self.root.focus_get()
        except KeyError:  # a popped-down list of a combo box, which tkinter does not know
            return None

    def _keys_changed(self) -> None:
        self.settings.set("keys", self.keymap.own())
        self.menus.renew()

    # Changes

    def _work_changed(self, topics: frozenset[str]) -> None:
        view = self.host.view_if_made
        if self.work.is_open and view is not None:
            view.presenter.update(topics)
        if topics & {FRAME, HOVER, DATA, SESSION}:
            self.status.show_place(self.work.place_text())
        if topics & {LAYER, LABELS, CELLS, SESSION}:
            self.status.show_disk()
        if topics & {LAYER, TOOL, SESSION}:
            self.status.show_layer()
        if SESSION in topics:
            self.stages.look()
        self.steps.follow(topics)
        self._stages_stale = self._stages_stale or not topics <= OF_THE_PLACE
        if topics != {HOVER}:
            self.refresh_controls()

    def _option_changed(self, name: str) -> None:
        view = self.host.view_if_made
        if name == "dark":
            self.window.use_theme(self.options["dark"])
            self.menus.renew()
            self.host.start.set_theme()
            if view is not None:
                view.window.theme_changed()
        if view is not None and self.work.is_open:
            if name == "traces":
                view.presenter.show_trace_choice()
            else:
                view.presenter.apply_options()
        self._stages_stale = True
        self.refresh_controls()

    def _jobs_changed(self) -> None:
        self.status.show_jobs()
        if not self.jobs.running:
            self.stages.look()
        self.steps.follow(frozenset())
        self._stages_stale = True
        self.handlers.classifier.show_arriving()
        if self._asked_of_jobs and not any(job.task for job in self.jobs.running):
            self._asked_of_jobs = False
            self.talk.prompt.hide()
        self.refresh_controls()

    def _refresh(self) -> None:
        self.status.show_disk()
        self.refresh_controls()

    def refresh_controls(self) -> None:
        """Update what is ticked and what is offered, once at the next idle moment."""
        if not self._controls_stale and self.host.view_if_made is not None:
            self._controls_stale = True
            self.root.after_idle(self._refresh_controls)

    def _refresh_controls(self) -> None:
        self._controls_stale = False
        with contextlib.suppress(tk.TclError):  # the window may have gone in between
            if self._stages_stale and self.work.is_open:
                self._stages_stale = False
                self._show_stages()
            self.main.refresh_controls()

    def _show_stages(self) -> None:
        """How far the work is, and which of the first steps comes next."""
        self.main.stages.show(self.stages.all())
        following = self.steps.next
        how = "" if following is None else how_to(STEPS[following], self.keymap)
        self.main.steps.show(self.steps.done, following, how)
        self.main.show_steps(self.options["first_steps"])

    def _heartbeat(self) -> None:
        lost = self._others.heartbeat()
        if lost:
            self.talk.warn(lost)
            self.status.show_disk()
        self._stages_stale = True  # "3 min ago" has become 4
        self.refresh_controls()

    # The life of the window

    def _every(self, name: str, milliseconds: int, action: Callable[[], object]) -> None:
        self.window.every(name, milliseconds, lambda: self.talk.watch(action))

    def run(self) -> int:
        """Show the window until it is closed."""
        gc.collect()
        gc.freeze()  # what the program consists of; to look through it again would cost a frame
        self.root.mainloop()
        gc.unfreeze()
        gc.collect()  # Tk objects must be freed by this thread, not by one of a job (Python < 3.14)
        return 0

    def quit(self) -> None:
        """Close everything; nothing needs saving. What to do with long jobs is asked in a line.

        Closing once more while the question stands lets them go on: nothing is lost.
        """
        lasting = [job.name for job in self.jobs.running if job.task]
        if not lasting:
            self.leave()
        elif self._asked_of_jobs and self.talk.prompt.is_open:
            self._leave_jobs_running()
        else:
            self._asked_of_jobs = True
            self.talk.choose(
                f"{' and '.join(lasting)} {'are' if len(lasting) > 1 else 'is'} still running.",
                {
                    "Go on without the window": self._leave_jobs_running,
                    "Stop and close": self.leave,
                    "Stay": self.talk.prompt.hide,
                },
            )

    def _leave_jobs_running(self) -> None:
        """Close the window; the next one finds the jobs."""
        self.jobs.leave()
        self.leave()

    def leave(self) -> None:
        """Close everything, whatever runs; a root that is not ours stays."""
        self.host.remember()
        self.window.stop_timers()
        self.jobs.cancel_all()
        self.host.let_go()
        self.menus.remove()
        self.window.clear()
        self.window.destroy()
