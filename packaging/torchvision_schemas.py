"""A CPU torch beside the CUDA torchvision of the package index: let suite2p be imported all the same.

For the environment of ``check_suite2p.sh`` only, where it is installed as ``sitecustomize``. There is no
CPU build of torchvision on the index, and suite2p uses none of what needs it (cellpose imports it). The
two operators that torchvision expects are declared just before it is imported for the first time.
"""

from __future__ import annotations

import sys
from typing import Any


class DeclareFirst:
    """An import hook that finds nothing and declares the operators on the way."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Act once, when torchvision is asked for."""
        if name != "torchvision":
            return
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        import torch  # type: ignore[import-not-found,unused-ignore]

        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        torch.torchvision_schemas_of_deepcinac = library  # it lives as long as it is held


sys.meta_path.insert(0, DeclareFirst())  # type: ignore[arg-type]
