"""Networks of the published program (DeepCINAC 1): an architecture (``.json``) and its weights (``.h5``).

Keras 2 wrote both. The JSON holds the activation as compiled Python, which Keras would run when it
loads the file; here nothing of it is run: names, sizes and connections are read, and only the network that
the paper describes is accepted. The arrays of the ``.h5`` then come under our names for its parts.

What the JSON cannot prove is that its compiled activation is swish, the only one that DeepCINAC 1 kept so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepcinac.containers.hdf5 import open_hdf5_file, whole_array
from deepcinac.errors import InputError
from deepcinac.files import read_json, readable, require_file

N_INPUTS = 3
_LARGEST_JSON = 32 << 20
_LARGEST_WEIGHTS = 1 << 31
_EXPECTED = "the network of the paper, as DeepCINAC 1 saves it"
_WEIGHTS = "weights of DeepCINAC 1 (.h5)"
_ENCODER = (
    "Conv2D", "swish", "Conv2D", "swish", "MaxPooling2D",
    "Conv2D", "swish", "Conv2D", "swish", "MaxPooling2D", "Flatten",
)  # fmt: skip
_PADDINGS = ("same", "valid", "same", "valid")

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class PublishedNetwork:
    """Sizes, and the arrays of each part.

    ``arrays``: ``encoder`` (kernel and bias of four convolutions), for each input ``i``
    ``attention_i`` (kernel, bias) and ``recurrent_i_1``, ``recurrent_i_2`` (kernel, recurrent kernel and
    bias forwards, then backwards), ``merge`` (kernel, recurrent kernel, bias), ``activity`` (kernel, bias).
    """

    window_frames: int
    patch_px: int
    filters: tuple[int, ...]
    recurrent_units: int
    dropout: float
    arrays: Mapping[str, Arrays]

    @property
    def frame_features(self) -> int:
        """Numbers that the convolutions make of a frame."""
        side = ((self.patch_px - 2) // 2 - 2) // 2
        return side * side * self.filters[-1]


def read_published(architecture: str | Path, weights: str | Path) -> PublishedNetwork:
    """Read a network; one of another form is an InputError that says what our network cannot hold."""
    path = require_file(architecture, "the architecture (.json) of a network of DeepCINAC 1")
    if path.stat().st_size > _LARGEST_JSON:
        raise InputError(
            "an architecture of some kilobytes", f"{path.stat().st_size:,} bytes", path
        )
    with readable(path, _EXPECTED):
        graph = _Graph(read_json(path), path)
        parts = _parts_of(graph)
        sizes = _sizes_of(graph, parts)
    file = require_file(weights, _WEIGHTS)
    with readable(file, _WEIGHTS), open_hdf5_file(file, _WEIGHTS) as opened:
        root = opened.get("model_weights", opened)
        arrays = {part: tuple(_arrays_of(root, layer, file)) for part, layer in parts.items()}
    found = PublishedNetwork(**sizes, arrays=arrays)
    _require_shapes(found, file)
    return found


class _Graph:
    """The layers of an architecture and which follows which."""

    def __init__(self, content: Any, path: Path) -> None:
        self.path = path
        layers = content["config"]["layers"]
        self.layers: dict[str, dict[str, Any]] = {_name(layer): layer for layer in layers}
        self.inputs = {
            name: list(_named(layer.get("inbound_nodes", [])))
            for name, layer in self.layers.items()
        }
        self.first = [entry[0] for entry in content["config"]["input_layers"]]
        self.used: set[str] = set()

    def kind(self, name: str) -> str:
        return str(self.layers[name]["class_name"])

    def config(self, name: str) -> dict[str, Any]:
        return self.layers[name]["config"]

    def after(self, name: str, kind: str, inputs: list[str] | None = None) -> str:
        """The one layer of a kind that follows, and takes these inputs (default: that one only)."""
        found = [
            other
            for other, own in self.inputs.items()
            if own == ([name] if inputs is None else inputs) and self.kind(other) == kind
        ]
        if len(found) != 1:
            self.refuse(f"{len(found)} layers {kind} after {name}")
        self.used.add(found[0])
        return found[0]

    def refuse(self, found: str) -> None:
        hint = "variants (several classes, batch normalisation, other attention) cannot be held"
        raise InputError(_EXPECTED, found, self.path, hint)


def _name(layer: Mapping[str, Any]) -> str:
    return str(layer["config"]["name"])


def _named(nodes: Any) -> Iterator[str]:
    """The names of the layers in what Keras keeps of the connections, however deep they lie."""
    if isinstance(nodes, list):
        if nodes and isinstance(nodes[0], str):
            yield nodes[0]
        else:
            for node in nodes:
                yield from _named(node)


def _parts_of(graph: _Graph) -> dict[str, str]:
    """The layer of each part; any other network is refused."""
    if len(graph.first) != N_INPUTS:
        graph.refuse(f"{len(graph.first)} inputs")
    graph.used.update(graph.first)
    parts: dict[str, str] = {}
    branches = []
    for number, start in enumerate(graph.first):
        frames = graph.after(start, "TimeDistributed")
        parts.setdefault("encoder", frames)
        attention = graph.after(graph.after(frames, "Permute"), "Dense")
        shares = graph.after(attention, "Permute")
        attended = graph.after(frames, "Multiply", [frames, shares])
        first = graph.after(attended, "Bidirectional")
        joined = graph.after(first, "Concatenate", [first, attended])
        second = graph.after(joined, "Bidirectional")
        branches.append(graph.after(second, "Concatenate", [second, attended]))
        parts[f"attention_{number}"] = attention
        parts[f"recurrent_{number}_1"], parts[f"recurrent_{number}_2"] = first, second
    merged = graph.after(branches[0], "Concatenate", branches)
    parts["merge"] = graph.after(merged, "LSTM")
    last = graph.after(parts["merge"], "Flatten")
    if any(own == [last] and graph.kind(name) == "Dropout" for name, own in graph.inputs.items()):
        last = graph.after(last, "Dropout")
    parts["activity"] = graph.after(last, "Dense")
    others = sorted(set(graph.layers) - graph.used)
    if others:
        graph.refuse(f"also the layer {others[0]}")
    return parts


def _sizes_of(graph: _Graph, parts: Mapping[str, str]) -> dict[str, Any]:
    shape = graph.config(graph.first[0])["batch_input_shape"]
    frames, height, width, channels = (int(side) for side in shape[1:])
    if height != width or channels != 1:
        graph.refuse(f"frames of {height} x {width} x {channels}")
    encoders = [_encoder(graph, graph.after(start, "TimeDistributed")) for start in graph.first]
    if any(encoder != encoders[0] for encoder in encoders[1:]):
        graph.refuse("convolutions of its own for each input")
    units = [
        _units(graph, layer) for part, layer in parts.items() if part.startswith(("rec", "merge"))
    ]
    expected = [units[0], 2 * units[0]] * N_INPUTS + [2 * units[0]]
    if units != expected:
        graph.refuse(f"recurrent layers of {', '.join(map(str, units))} units, not u, 2u and 2u")
    for part, layer in parts.items():
        wanted = {"attention": "softmax", "activity": "sigmoid"}.get(part.partition("_")[0])
        if wanted and (graph.config(layer)["activation"], graph.config(layer)["units"]) != (
            wanted,
            frames,
        ):
            graph.refuse(f"{layer} of another activation or size")
    dropout = float(graph.config(parts["merge"]).get("dropout", 0.0))
    return {
        "window_frames": frames,
        "patch_px": height,
        "filters": encoders[0][1],
        "recurrent_units": units[0],
        "dropout": dropout,
    }


def _encoder(graph: _Graph, name: str) -> tuple[str, tuple[int, ...]]:
    """Name of the shared convolutions and their filters."""
    model = graph.config(name)["layer"]["config"]
    layers = [
        x for x in model["layers"] if x["class_name"] not in ("InputLayer", "Dropout")
    ]  # what only training sees
    kinds = tuple(_kind_in_encoder(layer) for layer in layers)
    if kinds != _ENCODER:
        graph.refuse(f"other convolutions: {', '.join(kinds)}")
    convolutions = [x["config"] for x in layers if x["class_name"] == "Conv2D"]
    for config, padding in zip(convolutions, _PADDINGS, strict=True):
        plain = list(config["kernel_size"]) == [3, 3] and list(config["strides"]) == [1, 1]
        if not plain or config["padding"] != padding or config["activation"] != "linear":
            graph.refuse(f"another convolution {config['name']}")
    return str(model["name"]), tuple(int(config["filters"]) for config in convolutions)


def _kind_in_encoder(layer: Mapping[str, Any]) -> str:
    kind = str(layer["class_name"])
    if kind == "Activation":
        return str(layer["config"]["activation"])
    return "swish" if kind == "Lambda" else kind


def _units(graph: _Graph, name: str) -> int:
    """Units of an LSTM, or of the two of a Bidirectional."""
    config = graph.config(name)
    if graph.kind(name) == "Bidirectional":
        if config.get("merge_mode") != "concat" or config["layer"]["class_name"] != "LSTM":
            graph.refuse(f"another layer {name}")
        config = config["layer"]["config"]
    usual = config["activation"] == "tanh" and config["recurrent_activation"] == "sigmoid"
    if not usual or not config["return_sequences"] or not config.get("use_bias", True):
        graph.refuse(f"an LSTM of another form ({name})")
    return int(config["units"])


def _arrays_of(root: Any, layer: str, path: Path) -> Iterator[np.ndarray]:
    """The weights of a layer in the order in which Keras 2 lists them."""
    if layer not in root:
        raise InputError(f"weights of the layer {layer}", "none", path,
                         "name the .h5 that belongs to the .json")  # fmt: skip
    group = root[layer]
    for name in np.ravel(group.attrs["weight_names"]).tolist():
        name = name.decode() if isinstance(name, bytes) else str(name)
        values = whole_array(group[name], _LARGEST_WEIGHTS)
        if values.dtype.kind != "f" or not np.isfinite(values).all():
            raise InputError("weights that are finite numbers", "others", f"{path}:{layer}")
        yield values.astype(np.float32)


def _require_shapes(network: PublishedNetwork, path: Path) -> None:
    frames, units, width = network.window_frames, network.recurrent_units, network.frame_features
    channels = (1, *network.filters)
    convolutions: list[tuple[int, ...]] = [
        shape
        for before, after in zip(channels, channels[1:], strict=False)
        for shape in ((3, 3, before, after), (after,))
    ]

    def lstm(inputs: int, size: int) -> list[tuple[int, ...]]:
        return [(inputs, 4 * size), (size, 4 * size), (4 * size,)]

    expected: dict[str, list[tuple[int, ...]]] = {"encoder": convolutions}
    for number in range(N_INPUTS):
        expected[f"attention_{number}"] = [(frames, frames), (frames,)]
        expected[f"recurrent_{number}_1"] = 2 * lstm(width, units)
        expected[f"recurrent_{number}_2"] = 2 * lstm(width + 2 * units, 2 * units)
    expected["merge"] = lstm(N_INPUTS * (width + 4 * units), 2 * units)
    expected["activity"] = [(2 * units * frames, frames), (frames,)]
    for part, shapes in expected.items():
        found = [array.shape for array in network.arrays[part]]
        if found != shapes:
            hint = "name the .h5 that belongs to the .json"
            raise InputError(f"{part} with arrays of {shapes}", f"{found}", path, hint)
