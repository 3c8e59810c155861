"""Run suite2p as its users do, for ``check_suite2p.sh``: ``run_suite2p.py FOLDER_OF_TIFFS OUT``."""

import sys

import suite2p  # type: ignore[import-not-found,unused-ignore]

settings = suite2p.default_settings()
settings["fs"] = 10.0
settings["registration"]["block_size"] = [48, 48]
settings["detection"]["sparsery_settings"]["spatial_scale"] = 1  # the guess depends on chance
database = {"data_path": [sys.argv[1]], "save_path0": sys.argv[2], "input_format": "tif"}
suite2p.run_s2p(db=database, settings=settings)
