"""A stand-in for the package suite2p, put on the path of the runner as ``suite2p``.

It shifts nothing and finds a cell in each half of the field whose mean is bright (above 500) somewhere. What
it writes has the form of suite2p 1.1 (``packaging/check_suite2p.sh`` runs the real one).
"""

import logging
import os
import sys
import time

import numpy as np

version = "1.1.0 (stand-in)"
log = logging.getLogger("suite2p")

if os.environ.get("STANDIN") == "torchvision":
    raise RuntimeError("operator torchvision::nms does not exist")


def default_settings():
    return {
        "fs": 10.0,
        "tau": 1.0,
        "registration": {"block_size": [128, 128]},
        "detection": {"threshold_scaling": 1.0, "sparsery_settings": {"spatial_scale": 0}},
    }


def default_db():
    return {"nplanes": 1}


def run_s2p(db, settings):
    plane = db["save_path"]
    print("what suite2p prints goes elsewhere")
    log.info("----------- REGISTRATION")
    log.info(" 40%|####      | 2/5")
    if os.environ.get("STANDIN") == "hang":
        time.sleep(600)
    if os.environ.get("STANDIN") == "die":
        print("Segmentation fault", file=sys.stderr, flush=True)
        os._exit(11)
    assert max(settings["registration"]["block_size"]) < max(db["Ly"], db["Lx"])
    frames = np.fromfile(db["reg_file"], "<i2").reshape(db["nframes"], db["Ly"], db["Lx"])
    log.info("----------- ROI DETECTION")
    bright = frames.mean(axis=0) > 500 * settings["detection"]["threshold_scaling"]
    halves = np.arange(db["Lx"]) < db["Lx"] // 2
    stat = []
    for half in (halves, ~halves):
        ypix, xpix = np.nonzero(bright & half)
        if len(ypix):
            stat.append({"ypix": ypix, "xpix": xpix, "lam": np.ones(len(ypix), np.float32)})
    np.save(f"{plane}/stat.npy", np.array(stat, dtype=object), allow_pickle=True)
    if not stat:
        return
    raw = np.array([frames[:, roi["ypix"], roi["xpix"]].mean(axis=1) for roi in stat], np.float32)
    np.save(f"{plane}/F.npy", raw)
    np.save(f"{plane}/spks.npy", np.maximum(np.diff(raw, axis=1, prepend=raw[:, :1]), 0))
    np.save(f"{plane}/iscell.npy", np.array([[i != 1, 0.5] for i in range(len(stat))], float))
