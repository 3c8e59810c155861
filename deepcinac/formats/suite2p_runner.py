"""Run suite2p on a prepared plane folder: a script for the interpreter that has suite2p.

``python suite2p_runner.py JOB.json``. It imports nothing of ours, since that interpreter need not have
it. The folder of the plane already holds ``data.bin``, which suite2p registers in place. What happens is
told on stdout, a JSON object a line: ``stage``, ``done`` and ``total``; or ``failed`` with ``text``; at
the end ``finished`` with the version and the settings that were used. It ends when its stdin is closed,
so that it never outlives the program that started it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

STAGES = {
    "REGISTRATION": "registering",
    "ROI DETECTION": "finding cells",
    "EXTRACTION": "extracting traces",
    "SPIKE DECONVOLUTION": "deconvolving",
    "ROI CLASSIFICATION": "judging cells",
}
_HEADING = re.compile(r"^-{5,}\s+([A-Z ]+)$")
_SHARE = re.compile(r"(\d+)%\|")


class _Told(logging.Handler):
    """What suite2p logs, as progress."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._stage = "starting suite2p"

    def emit(self, record: logging.LogRecord) -> None:
        text = str(record.msg).strip()
        heading, share = _HEADING.match(text), _SHARE.search(text)
        if heading and heading[1] in STAGES:
            self._stage = STAGES[heading[1]]
            tell(self._stream, stage=self._stage)
        elif share:
            tell(self._stream, stage=self._stage, done=int(share[1]), total=100)


def tell(stream: TextIO, **record: Any) -> None:
    """Write one line."""
    stream.write(json.dumps(record, default=plain) + "\n")
    stream.flush()


def plain(value: Any) -> Any:
    """Arrays and numbers of NumPy, and whatever else, for JSON."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def merged(base: dict[str, Any], given: dict[str, Any], path: str = "") -> dict[str, Any]:
    """The default settings with those given; a name that suite2p does not know is a KeyError."""
    result = dict(base)
    for name, value in given.items():
        if name not in base:
            raise KeyError(f"{path}{name}")
        inner = base[name]
        if isinstance(inner, dict) != isinstance(value, dict):
            raise KeyError(f"{path}{name}")
        result[name] = merged(inner, value, f"{path}{name}.") if isinstance(inner, dict) else value
    return result


def with_fitting_blocks(settings: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """Settings whose non-rigid blocks are smaller than the field.

    suite2p 1.1 fails where the field is no larger than a block.
    """
    registration = settings["registration"]
    blocks = [
        int(block) if int(block) < side else max(8, side // 2)
        for block, side in zip(registration["block_size"], (height, width), strict=True)
    ]
    return {**settings, "registration": {**registration, "block_size": blocks}}


def run(job: dict[str, Any], stream: TextIO) -> None:
    """Do one job: ``folder`` (that of the plane), ``shape``, ``settings``."""
    import numpy as np
    import suite2p  # type: ignore[import-not-found,unused-ignore]

    folder = Path(job["folder"])
    n_frames, height, width = job["shape"]
    settings = merged(suite2p.default_settings(), job["settings"])
    settings = with_fitting_blocks(settings, height, width)
    db = {
        **suite2p.default_db(),
        # Not the folder of the movie: suite2p would look there for bad_frames.npy and a z-stack.
        "data_path": [str(folder)],
        "save_path0": str(folder.parent.parent),
        "save_folder": folder.parent.name,
        "save_path": str(folder),
        "fast_disk": str(folder),
        "reg_file": str(folder / "data.bin"),
        "db_path": str(folder / "db.npy"),
        "settings_path": str(folder / "settings.npy"),
        "nframes": n_frames,
        "Ly": height,
        "Lx": width,
        "iplane": 0,
    }
    np.save(folder / "db.npy", np.array(db, object), allow_pickle=True)
    np.save(folder / "settings.npy", np.array(settings, object), allow_pickle=True)
    log = logging.getLogger("suite2p")
    log.setLevel(logging.INFO)
    log.addHandler(_Told(stream))
    suite2p.run_s2p(db=db, settings=settings)
    tell(stream, finished=True, version=str(suite2p.version), settings=settings)


def _end_with_the_parent() -> None:
    with contextlib.suppress(OSError, ValueError):
        while sys.stdin.read(1):
            pass
    os._exit(3)


def main(path: str) -> int:
    """Run the job in the file; whatever fails is told on stdout."""
    here = str(Path(__file__).parent)  # it has a module named as suite2p
    sys.path[:] = [entry for entry in sys.path if entry != here]
    stream = sys.stdout
    sys.stdout = sys.stderr  # what suite2p prints must not stand among our lines
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    try:
        with open(path, encoding="utf-8") as file:
            job = json.load(file)
        run(job, stream)
    except ImportError as error:
        tell(stream, failed="import", text=str(error))
    except KeyError as error:
        known = "merged" in {frame.name for frame in traceback.extract_tb(error.__traceback__)}
        tell(stream, failed="setting" if known else "run", text=str(error.args[0]))
        traceback.print_exc()
    except Exception as error:
        kind = "torchvision" if "torchvision" in str(error) else "run"
        tell(stream, failed=kind, text=f"{type(error).__name__}: {error}")
        traceback.print_exc()
    else:
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
