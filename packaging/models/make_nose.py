"""Make ``models/mtcnn-nose.onnx``: where the nose tip really is, from what O-Net sees.

    gazeclass simulate heads … (shards heads_00000.npz, …)
    python packaging/models/make_nose.py HEADS_DIR... --out models

O-Net's own nose tip leans towards the middle of the face as the head turns (by a tenth of the box at 65° of yaw),
which moves a triangulated head by decimetres. Its penultimate layer knows better. A small network on those 256 numbers
and the five landmarks learns the rest from rendered heads, whose nose tips are known exactly, and how far it may be
off. No picture of a real person is used, and O-Net itself stays as it is.

Each head is made as small as heads in a classroom are, looked at as tracking does (a box that is somewhat off, once
corrected; straight and mirrored). A fifth of the identities is kept for the figures in the card.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
from card import write_model
from onnx import TensorProto, helper, numpy_helper

from gazeclass import models
from gazeclass.faces.boxes import shift, square
from gazeclass.faces.pyramid import Pyramid
from gazeclass.geometry.rotation import long_yaw_angles_deg

SIZES_PX = (26.0, 100.0)
START_OFF = 0.06  # of the box: how far the expected box is from the face
HIDDEN, EPOCHS, BATCH = 64, 30, 512
YAW_EDGES_DEG = (0, 20, 40, 60, 75, 90)
LOWEST_SCORE = 0.1


@dataclass(frozen=True)
class Looks:
    """Looks at heads, straight and mirrored ones alternating.

    Attributes:
        features: (n, 256).
        landmarks: (n, 5, 2) of O-Net, as fractions of the crop.
        score: (n,).
        nose: (n, 2) the true one, as a fraction of the crop.
        yaw_deg: (n,) as seen in the crop.
        identity: (n,).
    """

    features: np.ndarray
    landmarks: np.ndarray
    score: np.ndarray
    nose: np.ndarray
    yaw_deg: np.ndarray
    identity: np.ndarray


def heads(folders: list[Path]) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, float, int]]:
    """Picture, face box, nose tip, yaw and identity of every head; identities of different folders are different."""
    for number, folder in enumerate(folders):
        for shard in sorted(folder.glob("heads_?????.npz")):
            with np.load(shard) as data:
                yaw = long_yaw_angles_deg(data["R_crop"])[:, 0]
                rows = zip(data["images"], data["box"], data["nose"], yaw, data["identity"], strict=True)
                for image, box, nose, angle, identity in rows:
                    yield image, box.astype(float), nose.astype(float), float(angle), int(identity) + number * 10**7


def look_at(folders: list[Path], rng: np.random.Generator) -> Looks:
    """Put every head through O-Net, twice straight and mirrored: to correct the box, and to look."""
    session = models.open_session(models.find("mtcnn-onet"), threads=1)
    rows = []
    for image, box, nose, yaw, identity in heads(folders):
        side = max(box[2] - box[0], box[3] - box[1])
        scale = min(float(np.exp(rng.uniform(*np.log(SIZES_PX)))) / side, 1.0)
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        scale = image.shape[1] / 160 if scale < 1 else 1.0
        box, nose = (box + 0.5) * scale - 0.5, (nose + 0.5) * scale - 0.5
        crop = square((box + np.tile(rng.normal(0, START_OFF * side * scale, 2), 2))[None])
        pyramid = Pyramid(image)
        _, correction, _, _ = run(session, pyramid.crops(crop, 48))
        crop = square(shift(crop, correction[:1] * 0.5 + correction[1:, [2, 1, 0, 3]] * [-0.5, 0.5, -0.5, 0.5]))
        score, _, landmarks, features = run(session, pyramid.crops(crop, 48))
        true = (nose - crop[0, :2]) / (crop[0, 2] - crop[0, 0])
        for k, at in ((0, true), (1, np.array([1 - true[0], true[1]]))):
            rows.append((features[k], landmarks[k], score[k], at, yaw if k == 0 else -yaw, identity))
    return Looks(*(np.array(column) for column in zip(*rows, strict=True)))


def run(session: object, crop: np.ndarray) -> tuple[np.ndarray, ...]:
    """O-Net on a crop and its mirror image: scores, box corrections, landmarks (2, 5, 2), features."""
    both = np.concatenate([crop, crop[:, :, ::-1]]).astype(np.float32)
    probability, box, points, features = session.run(  # type: ignore[attr-defined]
        ["probability", "box", "landmarks", "features"], {"image": both}
    )
    return probability[:, 1], box.astype(float), points.reshape(-1, 2, 5).transpose(0, 2, 1), features


def inputs(looks: Looks) -> np.ndarray:
    """(n, 266) features, and the landmarks from the nose."""
    relative = looks.landmarks - looks.landmarks[:, 2:3]
    return np.hstack([looks.features, relative.reshape(-1, 10)]).astype(np.float32)


def train(looks: Looks, chosen: np.ndarray, seed: int) -> list[np.ndarray]:
    """Weights and biases of the two layers, the standardisation of the inputs folded in."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    x, y = inputs(looks)[chosen], (looks.nose - looks.landmarks[:, 2])[chosen]
    mean, spread = x.mean(0), x.std(0) + 1e-6
    x_t, y_t = torch.tensor((x - mean) / spread), torch.tensor(y, dtype=torch.float32)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 4))
    optimiser = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(x_t)).split(BATCH):
            out = net(x_t[batch])
            log_scale = out[:, 2:].clamp(-6, 1)
            # Likelihood of a Laplace distribution: hands before the face do not spoil it.
            loss = ((out[:, :2] - y_t[batch]).abs() * torch.exp(-log_scale) + log_scale).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    first, second = net[0], net[2]
    weight = first.weight.detach().numpy() / spread
    bias = first.bias.detach().numpy() - weight @ mean
    return [weight, bias, second.weight.detach().numpy(), second.bias.detach().numpy()]


def answer(layers: list[np.ndarray], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corrections (n, 2) and log scales (n, 2)."""
    hidden = np.maximum(x @ layers[0].T + layers[1], 0)
    out = hidden @ layers[2].T + layers[3]
    return out[:, :2], np.clip(out[:, 2:], -6, 1)


def figures(looks: Looks, layers: list[np.ndarray], chosen: np.ndarray) -> dict[str, list[float]]:
    """Errors on heads that were not trained on, in fractions of the crop's side, by yaw."""
    x = inputs(looks)
    correction, log_scale = answer(layers, x)
    before, after = (looks.landmarks[:, 2] + c - looks.nose for c in (0.0, correction))
    out: dict[str, list[float]] = {"yaw_from_deg": [float(v) for v in YAW_EDGES_DEG[:-1]]}
    for name, error in (("before", before), ("after", after)):
        inwards = error[:, 0] * np.sign(looks.yaw_deg)
        for key, value in (("inwards", inwards), ("size", np.hypot(*error.T))):
            table = []
            for low, high in pairwise(YAW_EDGES_DEG):
                member = chosen & (np.abs(looks.yaw_deg) >= low) & (np.abs(looks.yaw_deg) < high)
                table.append(round(float(np.median(value[member])), 4))
            out[f"{name}_median_{key}"] = table
    out["mean_error_over_scale"] = [
        round(float(v), 3) for v in np.mean(np.abs(after[chosen]) / np.exp(log_scale[chosen]), axis=0)
    ]
    return out


def build(layers: list[np.ndarray]) -> onnx.ModelProto:
    """The graph on O-Net's raw outputs: features (n, 256), landmarks (n, 10) as five x and five y."""
    weight = layers[0].astype(np.float64)
    # Landmarks as (point, axis) from the nose, out of five x and five y: a linear map that the first layer takes in.
    raw = np.zeros((10, 10))
    for point in range(5):
        for axis in range(2):
            raw[2 * point + axis, 5 * axis + point] += 1
            raw[2 * point + axis, 5 * axis + 2] -= 1
    first = np.hstack([weight[:, :256], weight[:, 256:] @ raw])
    arrays = {"w1": first, "b1": layers[1], "w2": layers[2], "b2": layers[3], "low": np.array(-6), "high": np.array(1)}
    constants = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in arrays.items()]
    constants.append(numpy_helper.from_array(np.array([2, 2], np.int64), "split"))
    nodes = [
        helper.make_node("Concat", ["features", "landmarks"], ["x"], axis=1),
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], transB=1),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "w2", "b2"], ["out"], transB=1),
        helper.make_node("Split", ["out", "split"], ["correction", "free"], axis=1),
        helper.make_node("Clip", ["free", "low", "high"], ["log_scale"]),
    ]

    def info(name: str, width: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])

    graph = helper.make_graph(
        nodes,
        "mtcnn-nose",
        [info("features", 256), info("landmarks", 10)],
        [info("correction", 2), info("log_scale", 2)],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="gazeclass")
    made.ir_version = 8
    onnx.checker.check_model(made, full_check=True)
    return made


def main() -> None:
    """Look, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heads", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    looks = look_at(arguments.heads, np.random.default_rng(arguments.seed))
    usable = (looks.score > LOWEST_SCORE) & (np.abs(looks.nose - 0.5).max(axis=1) < 0.6)
    kept_back = looks.identity % 5 == 0
    layers = train(looks, usable & ~kept_back, arguments.seed)
    result = figures(looks, layers, usable & kept_back)
    for key, value in result.items():
        print(key, value)
    write_model(
        arguments.out / "mtcnn-nose.onnx",
        build(layers),
        kind="detector",
        licence="MIT (ours)",
        source=f"packaging/models/make_nose.py on {len(looks.score) // 2} rendered heads; no picture of a real person",
        fields={
            "title": "Nose tip on top of MTCNN's O-Net",
            "input": "features (n, 256) and landmarks (n, 10) of mtcnn-onet",
            "output": "correction of the nose tip and log of its Laplace scale, fractions of the crop's side",
            "measured_on": "rendered heads of other identities",
            "figures": result,
        },
    )


if __name__ == "__main__":
    main()
