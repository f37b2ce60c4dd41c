"""Make ``models/mtcnn-{p,r,o}net.onnx`` and their cards from the weights inside the PyPI package facenet-pytorch.

    pip download --no-deps facenet-pytorch==2.5.3 -d DIR
    python packaging/models/make_mtcnn.py DIR/facenet_pytorch-2.5.3-py3-none-any.whl models

The graphs are written node by node, so that nothing of the package (nor torchvision, which it imports) has to run;
torch only reads the weight files. What differs from the originals: they take BGR pictures of 0 to 255, as OpenCV has
them (n, H, W, 3), because the channel order and the normalisation (x - 127.5) / 128 are folded into the first
convolution; none of the convolutions pads, so that is exact.
"""

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
import onnx
import torch
from card import write_model
from onnx import TensorProto, helper, numpy_helper

SOURCE = (
    "PyPI facenet-pytorch 2.5.3 (Tim Esler; MIT), weights of David Sandberg's facenet (MIT), after Zhang et al. 2016"
)
Weights = dict[str, np.ndarray]


class Graph:
    """A chain of nodes under construction; ``x`` is the name of its latest output."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.x = "image"

    def add(self, kind: str, name: str, inputs: tuple[str, ...] = (), source: str = "", **attributes: object) -> str:
        """Append a node after ``source`` (default: the latest) and return its output's name."""
        self.nodes.append(helper.make_node(kind, [source or self.x, *inputs], [name], name=name, **attributes))
        self.x = name
        return name

    def constant(self, name: str, value: np.ndarray) -> str:
        """Store an array under ``name``."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def conv(
        self, name: str, weight: np.ndarray | None = None, bias: np.ndarray | None = None, source: str = ""
    ) -> str:
        """A convolution without padding."""
        w = self.weights[f"{name}.weight"] if weight is None else weight
        b = self.weights[f"{name}.bias"] if bias is None else bias
        inputs = (self.constant(f"{name}.weight", w), self.constant(f"{name}.bias", b))
        return self.add("Conv", name, inputs, source, kernel_shape=list(w.shape[2:]))

    def first_conv(self) -> None:
        """conv1 with channel order and normalisation folded in."""
        self.add("Transpose", "planes", perm=[0, 3, 1, 2])
        weight = self.weights["conv1.weight"].astype(np.float64)
        bias = self.weights["conv1.bias"] - 127.5 / 128 * weight.sum((1, 2, 3))
        self.conv("conv1", (weight[:, ::-1] / 128).astype(np.float32), bias.astype(np.float32))

    def prelu(self, index: int, dense: bool = False) -> None:
        """PReLU number ``index`` with one slope a channel."""
        slope = self.weights[f"prelu{index}.weight"]
        slope = slope if dense else slope[:, None, None]
        self.add("PRelu", f"prelu{index}", (self.constant(f"prelu{index}.weight", slope),))

    def pool(self, name: str, kernel: int) -> None:
        """Max pooling of stride 2 that keeps a partial last window."""
        self.add("MaxPool", name, kernel_shape=[kernel, kernel], strides=[2, 2], ceil_mode=1)

    def dense(self, name: str, source: str = "") -> str:
        """A fully connected layer."""
        inputs = (
            self.constant(f"{name}.weight", self.weights[f"{name}.weight"]),
            self.constant(f"{name}.bias", self.weights[f"{name}.bias"]),
        )
        return self.add("Gemm", name, inputs, source, transB=1)

    def flatten(self) -> None:
        """The original's order: (n, W, H, C), then flat."""
        self.add("Transpose", "columns", perm=[0, 3, 2, 1])
        self.add("Flatten", "flat", axis=1)


def stage(graph: Graph, index: int, pool: int) -> None:
    """conv ``index`` (2 and later), its PReLU, and a pooling of kernel ``pool`` unless 0."""
    graph.conv(f"conv{index}")
    graph.prelu(index)
    if pool:
        graph.pool(f"pool{index}", pool)


def pnet(weights: Weights) -> onnx.ModelProto:
    """P-Net: (n, H, W, 3) to probabilities (n, 2, H', W') and box corrections (n, 4, H', W')."""
    g = Graph(weights)
    g.first_conv()
    g.prelu(1)
    g.pool("pool1", 2)
    stage(g, 2, 0)
    stage(g, 3, 0)
    trunk = g.x
    g.conv("conv4_1", source=trunk)
    g.add("Softmax", "probability", axis=1)
    g.conv("box", weights["conv4_2.weight"], weights["conv4_2.bias"], source=trunk)
    outputs = {"probability": ["n", 2, "rows", "columns_out"], "box": ["n", 4, "rows", "columns_out"]}
    return model(g, "mtcnn-pnet", ["n", "height", "width", 3], outputs)


def rnet(weights: Weights) -> onnx.ModelProto:
    """R-Net: (n, 24, 24, 3) to probabilities (n, 2) and box corrections (n, 4)."""
    g = Graph(weights)
    g.first_conv()
    g.prelu(1)
    g.pool("pool1", 3)
    stage(g, 2, 3)
    stage(g, 3, 0)
    g.flatten()
    g.dense("dense4")
    g.prelu(4, dense=True)
    return heads(g, "mtcnn-rnet", 24, {"box": "dense5_2"}, "dense5_1")


def onet(weights: Weights) -> onnx.ModelProto:
    """O-Net: (n, 48, 48, 3) to probabilities (n, 2), box corrections (n, 4), landmarks (n, 10), features (n, 256).

    The landmarks are five x, then five y.
    """
    g = Graph(weights)
    g.first_conv()
    g.prelu(1)
    g.pool("pool1", 3)
    stage(g, 2, 3)
    stage(g, 3, 2)
    stage(g, 4, 0)
    g.flatten()
    g.dense("dense5")
    g.prelu(5, dense=True)
    return heads(g, "mtcnn-onet", 48, {"box": "dense6_2", "landmarks": "dense6_3"}, "dense6_1", features=256)


def heads(
    g: Graph, name: str, size: int, linear: dict[str, str], classes: str, *, features: int = 0
) -> onnx.ModelProto:
    """Close an R- or O-Net with its output layers; ``features`` is the width of the last one shown besides."""
    trunk = g.x
    outputs: dict[str, list[int | str]] = {"probability": ["n", 2]}
    if features:
        g.add("Identity", "features", source=trunk)
        outputs["features"] = ["n", features]
    g.dense(classes, source=trunk)
    g.add("Softmax", "probability", axis=1)
    for output, layer in linear.items():
        g.dense(layer, source=trunk)
        g.nodes[-1].output[0] = output
        outputs[output] = ["n", len(g.weights[f"{layer}.bias"])]
    return model(g, name, ["n", size, size, 3], outputs)


def model(g: Graph, name: str, shape: list[int | str], outputs: dict[str, list[int | str]]) -> onnx.ModelProto:
    """Wrap up a finished graph."""
    graph = helper.make_graph(
        g.nodes,
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(key, TensorProto.FLOAT, value) for key, value in outputs.items()],
        g.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="gazeclass")
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def main() -> None:
    """Convert all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        licence = wheel.read("facenet_pytorch-2.5.3.dist-info/LICENSE.md").decode("utf-8")
        (arguments.out / "mtcnn-LICENSE.txt").write_text(licence, encoding="utf-8")
        for letter, build, size in (("p", pnet, 12), ("r", rnet, 24), ("o", onet, 48)):
            state = torch.load(io.BytesIO(wheel.read(f"facenet_pytorch/data/{letter}net.pt")), weights_only=True)
            weights = {key: value.numpy() for key, value in state.items()}
            write_model(
                arguments.out / f"mtcnn-{letter}net.onnx",
                build(weights),
                kind="detector",
                licence="MIT (mtcnn-LICENSE.txt)",
                source=SOURCE,
                fields={
                    "title": f"MTCNN {letter.upper()}-Net",
                    "input": "image: (n, H, W, 3) float32, BGR, 0 to 255; the normalisation is inside",
                    "input_px": size,
                    "trained_on": "WIDER FACE and CelebA, as its authors state; photographs of real people",
                },
            )


if __name__ == "__main__":
    main()
