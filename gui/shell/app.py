"""The window as a program: commands, keys, sessions that open and close, jobs, failures.

One Tk thread. Every action passes :meth:`App.attempt`, so that a failure becomes a sentence at the
foot of the window and never the end of it. Views, state and commands live in modules of their own;
here they are connected.
"""

from __future__ import annotations

import contextlib
import gc
import tkinter as tk
from tkinter import ttk
from typing import Any

from deepcinac.gui.commands.conditions import Conditions, ViewOptions
from deepcinac.gui.commands.keymap import Keymap, key_name
from deepcinac.gui.commands.table import COMMANDS
from deepcinac.gui.handlers import make_actions
from deepcinac.gui.handlers.view_events import ViewEvents
from deepcinac.gui.jobs.board import CANCELLED, FAILED, POLL_MS, Job, JobBoard
from deepcinac.gui.session.labeller import Labeller
from deepcinac.gui.session.range_history import RangeHistory
from deepcinac.gui.session.review_queue import ReviewQueue
from deepcinac.gui.session.settings_store import SettingsStore
from deepcinac.gui.session.workspace import CELLS, LABELS, LAYER, TOOL, Workspace
from deepcinac.gui.shell.menus import Menus
from deepcinac.gui.shell.session_host import SessionHost
from deepcinac.gui.shell.start import StartScreen
from deepcinac.gui.shell.status_bar import StatusBar
from deepcinac.gui.widgets import theme as looks
from deepcinac.gui.widgets.dialogs import Field, NoticeBar, PromptBar, sentence_of
from deepcinac.gui.widgets.parts import is_typing

TITLE = "DeepCINAC"
HEARTBEAT_MS = 60_000
LOOK_MS = 2_000
"""How often a window that only reads looks for what the writer has done."""
REMEMBERED_SESSIONS = 60
FIRST_SIZE = (1366, 768)
SMALLEST = (1200, 620)
MENU_HEIGHT = 28


class App(SessionHost, ViewEvents):
    """The program's window. ``root`` may be given (tests share one); otherwise it is made.

    ``run`` shows it until it is closed. Everything that a test or a script needs is an attribute:
    ``work``, ``labeller``, ``queue``, ``jobs``, ``main`` (the views), ``actions``.
    """

    def __init__(self, root: Any = None, settings: SettingsStore | None = None) -> None:
        looks.announce_resolution()
        self._owns_root = root is None
        self.root = tk.Tk(className=TITLE) if root is None else root
        self.root.title(TITLE)
        self._their_callback_failed = self.root.report_callback_exception
        self.root.report_callback_exception = self._callback_failed
        self.settings = settings or SettingsStore()
        self.options = ViewOptions(self.settings.get("view", {}))
        self.theme = looks.Theme(self.root, "dark" if self.options["dark"] else "light")
        looks.hide_hidden_files(self.root)
        self.keymap = Keymap(self.settings.get("keys", {}))
        self.work = Workspace()
        self.labeller = Labeller(self.work)
        self.ranges = RangeHistory(self.work)
        self.queue = ReviewQueue(self.work)
        self.jobs = JobBoard(self._jobs_changed)
        self.conditions = Conditions(self.work, self.options, self.jobs, self.queue)
        self.actions = make_actions(self)
        self.field_is_zoomed = False
        self._timers: dict[str, str] = {}
        self._controls_stale = False
        self._data_version = 0
        self._asked_of_jobs = False
        self._make_frame()
        self.work.observe(self._work_changed)
        self.options.observe(self._option_changed)
        self.root.bind("<KeyPress>", self._key_pressed, add=True)
        self.root.protocol("WM_DELETE_WINDOW", self.quit)
        self._every("poll", POLL_MS, self.jobs.poll)
        self._every("heartbeat", HEARTBEAT_MS, self._heartbeat)
        self._every("look", LOOK_MS, self._look_for_others)
        self.actions["classifier"].take_up()
        if self.settings.notice:
            self.say(self.settings.notice)

    # The frame of the window

    def _make_frame(self) -> None:
        self.root.configure(background=self.theme.palette.window)
        self._set_size()
        self.menus = Menus(self.root, self.keymap, self.conditions, self.run_command)
        self.status = StatusBar(self.root, self.theme, self.jobs)
        self.status.pack(side="bottom", fill="x")
        self.notice = NoticeBar(self.root, self.theme)
        self.prompt = PromptBar(self.root, self.theme)
        self._holder = ttk.Frame(self.root, style="Window.TFrame")
        self._holder.pack(side="top", fill="both", expand=True)
        self.start = StartScreen(self._holder, self)
        self.start.pack(fill="both", expand=True)
        self.status.show_disk("")

    def _set_size(self) -> None:
        screen = looks.screen_size(self.root)
        wanted = [min(self.theme.px(a), b) for a, b in zip(FIRST_SIZE, screen, strict=True)]
        smallest = [min(self.theme.px(a), b) for a, b in zip(SMALLEST, screen, strict=True)]
        self.root.minsize(*smallest)
        remembered = self.settings.get("window", "")
        with contextlib.suppress(ValueError, tk.TclError):
            width, height = (int(part) for part in remembered.split("x"))
            wanted = [max(smallest[0], min(width, screen[0])),
                      max(smallest[1], min(height, screen[1]))]  # fmt: skip
        # A menu bar comes on top of the height that Tk is asked for.
        wanted[1] = min(wanted[1], screen[1] - self.theme.px(MENU_HEIGHT))
        self.root.geometry(f"{wanted[0]}x{wanted[1]}")

    def context_menu(self, command_ids: tuple[str, ...]) -> tk.Menu:
        """A menu of some commands, with their labels of this moment."""
        return self.menus.context(command_ids)

    # Commands and keys

    def run_command(self, command_id: str) -> bool:
        """Do what a command does when it is offered; False when it was not, or failed."""
        command = next(c for c in COMMANDS if c.id == command_id)
        if not self.conditions.test(command.enabled):
            self.refresh_controls()
            return False
        group, method = command.handler.split(".")
        done = self.attempt(getattr(self.actions[group], method))
        self.refresh_controls()
        return done

    def _key_pressed(self, event: Any) -> str | None:
        focus = self._focus()
        if focus is not None and focus.winfo_toplevel() is not self.root:
            return None
        key = key_name(event.keysym, int(event.state), self.root.tk.call("tk", "windowingsystem"))
        command = self.keymap.find(key)
        if command is None or (is_typing(focus) and not command.while_typing):
            return None
        if key == "Esc" and self._escape():
            return "break"
        self.run_command(command.id)
        return "break"

    def _focus(self) -> Any:
        try:
            return self.root.focus_get()
        except KeyError:  # a popped-down list of a combo box, which tkinter does not know
            return None

    def _escape(self) -> bool:
        """What Esc closes before it means a tool."""
        if self.actions["help"].hide_keys():
            return True
        if self.prompt.is_open:
            self.prompt.hide()
            return True
        if self.notice.text:
            self.notice.hide()
        return False

    def keys_changed(self) -> None:
        """The user gave commands other keys."""
        self.settings.set("keys", self.keymap.own())
        self.menus.build()

    def attempt(self, action: Any, *values: Any) -> bool:
        """Do something; a failure becomes a sentence. True when it worked."""
        try:
            action(*values)
        except Exception as error:
            self.tell(error)
            return False
        return True

    # Saying and asking

    def tell(self, error: BaseException) -> None:
        """Show a failure as a sentence."""
        self.notice.warn(sentence_of(error))
        self._show_disk()

    def say(self, text: str) -> None:
        """Show something for a few seconds."""
        self.notice.inform(text)

    def ask(self, action: str, fields: list[Field], answer: Any) -> None:
        """Ask in a line at the foot of the window."""
        self.prompt.ask(action, fields, lambda *texts: self._answered(answer, *texts))

    def _answered(self, answer: Any, *texts: str) -> None:
        self.attempt(answer, *texts)
        self.refresh_controls()

    def tell_of_failure(self, job: Job) -> None:
        """Say why a job failed; one that was cancelled only says so."""
        if job.state == FAILED:
            self.notice.warn(f"{job.name}: {job.message}")
        elif job.state == CANCELLED:
            more = "" if job.message == CANCELLED else f" {job.message}"
            self.say(f"{job.name} was cancelled{more}")

    def _callback_failed(self, _kind: Any, error: BaseException, _trace: Any) -> None:
        self.tell(error)

    def _look_for_others(self) -> None:
        session = self.work.session
        if session is not None and session.read_only:
            version = session.data_version()
            if version != self._data_version:
                self._data_version = version
                self.work.edited()

    # Changes

    def _work_changed(self, topics: frozenset[str]) -> None:
        if not self.work.is_open:
            return
        self.presenter.update(topics)
        if topics & {LAYER, LABELS, CELLS}:
            self._show_disk()
        if topics & {LAYER, TOOL}:
            self._show_layer()
        self.refresh_controls()

    def _show_layer(self) -> None:
        session, text = self.work.session, ""
        if session is not None and self.work.layer_id is not None:
            layer = session.layer(self.work.layer_id)
            text = f"layer {layer.name}"
            if layer.author:
                text = f"expert {layer.author}   {text}"
        self.status.show_layer(f"{text}   tool {self.work.tool}")

    def _show_disk(self) -> None:
        session = self.work.session
        if session is None:
            self.status.show_disk("")
        elif session.read_only:
            self.status.show_disk("read only", good=False)
        else:
            self.status.show_disk("saved")

    def refresh_controls(self) -> None:
        """Ticks and greys of the buttons, once at the next idle moment."""
        if not self._controls_stale and hasattr(self, "main"):
            self._controls_stale = True
            self.root.after_idle(self._refresh_controls)

    def _refresh_controls(self) -> None:
        self._controls_stale = False
        with contextlib.suppress(tk.TclError):  # the window may have gone in between
            self.main.refresh_controls()

    def _option_changed(self, name: str) -> None:
        if name == "dark":
            self._change_theme()
        if hasattr(self, "main") and self.work.is_open:
            if name == "traces":
                self.presenter.show_trace_choice()
            else:
                self.presenter.apply_options()
        self.refresh_controls()

    def _change_theme(self) -> None:
        self.theme.use("dark" if self.options["dark"] else "light")
        self.root.configure(background=self.theme.palette.window)
        self.menus.build()
        if hasattr(self, "main"):
            self.main.theme_changed()
        self.start.set_theme()

    def _jobs_changed(self) -> None:
        self.status.show_jobs()
        if self._asked_of_jobs and not any(job.task for job in self.jobs.running):
            self._asked_of_jobs = False
            self.prompt.hide()
        self.refresh_controls()

    # The life of the window

    def _every(self, name: str, milliseconds: int, action: Any) -> None:
        def again() -> None:
            self.attempt(action)
            self._timers[name] = self.root.after(milliseconds, again)

        self._timers[name] = self.root.after(milliseconds, again)

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
        elif self._asked_of_jobs and self.prompt.is_open:
            self._leave_jobs_running()
        else:
            self._asked_of_jobs = True
            self.prompt.choose(
                f"{' and '.join(lasting)} {'are' if len(lasting) > 1 else 'is'} still running.",
                {
                    "Go on without the window": self._leave_jobs_running,
                    "Stop and close": self.leave,
                    "Stay": self.prompt.hide,
                },
            )

    def _leave_jobs_running(self) -> None:
        """Close the window; the next one finds the jobs."""
        self.jobs.leave()
        self.leave()

    def leave(self) -> None:
        """Close everything, whatever runs."""
        self._remember()
        self.shut_down()
        if self._owns_root:
            self.root.destroy()

    def shut_down(self) -> None:
        """Stop timers and jobs, close the session; the root stays."""
        for timer in self._timers.values():
            self.root.after_cancel(timer)
        self._timers.clear()
        self.jobs.cancel_all()
        if self.work.session is not None:
            session = self.work.session
            self.presenter.close()
            self.work.close()
            session.close()
        if not self._owns_root:
            self._clear_root()

    def _clear_root(self) -> None:
        """Leave a root that is not ours as it was."""
        self.root.unbind("<KeyPress>")
        self.menus.remove()
        self.root.report_callback_exception = self._their_callback_failed
        for child in self.root.winfo_children():
            child.destroy()
        self.root.update()
