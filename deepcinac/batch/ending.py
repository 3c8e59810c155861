"""A program that ends with the one that started it, wherever that was killed.

The standard input of such a program is a pipe that nobody writes to: it closes when its other end is gone.
Works on every system, and through a worker that got no time to say anything.
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
import time

ENDS_WITH_STDIN = "DEEPCINAC_ENDS_WITH_STDIN"
"""Environment variable, "1": stop when the standard input closes."""
PATIENCE_S = 15.0
"""For cleaning up, as after Ctrl-C."""


def end_with_stdin() -> None:
    """Do so from now on, where the environment asks for it; programs started from here do not."""
    if os.environ.pop(ENDS_WITH_STDIN, "") == "1":
        signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # ignored after "command &" in a shell
        threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    while os.read(0, 4096):
        pass
    if hasattr(signal, "pthread_kill"):  # wakes a main thread that waits, too
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        _thread.interrupt_main()
    time.sleep(PATIENCE_S)
    os._exit(130)
