"""Head-pose networks of others, for comparison in the same run: FSA-Net, 3DDFA_V2, OpenVINO's.

None comes with gazeclass. They are read from a folder that holds ``fsanet``, ``threeddfa_v2_mb05`` and
``openvino_omz``, each with its authors' files. A peer sees a square round the same box as our methods; how wide is the
caller's choice. They predict no sigma.
"""

import pickle
from abc import abstractmethod
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import ArrayLike

from gazeclass.errors import InputError
from gazeclass.geometry.rotation import FACING, Array, long_yaw_angles_deg, nearest_rotation
from gazeclass.headpose.crop import CropRule, crop_batch
from gazeclass.headpose.poses import FaceEstimator, HeadPoses

#: Sides of the crop over the box's longer side at which peers are tried.
MARGINS = (1.2, 1.4, 1.6)


class Peer(FaceEstimator):
    """A network of others: a square crop in, three angles out."""

    def __init__(self, name: str, input_px: int, margin: float, source: str) -> None:
        self.name = f"{name} ×{margin:g}"
        self.source = source
        self.rule = CropRule(input_px, margin)

    def _poses(self, images: Sequence[np.ndarray], boxes: Sequence[ArrayLike], landmarks: Array | None) -> HeadPoses:
        angles = np.asarray(self.angles_deg(crop_batch(images, boxes, None, self.rule)), float)
        return HeadPoses.from_angles(angles, np.full_like(angles, np.nan))

    @abstractmethod
    def angles_deg(self, crops: np.ndarray) -> Array:
        """Crops ``(n, S, S, 3)`` uint8 BGR to yaw, pitch, roll ``(n, 3)``."""


class FsaNet(Peer):
    """The mean of FSA-Net's two networks (Yang et al. 2019; MIT, trained on 300W-LP), 64 px."""

    def __init__(self, folder: Path, margin: float = 1.4, threads: int = 1) -> None:
        super().__init__("FSA-Net", 64, margin, "FSA-Net 1×1 and var (300W-LP)")
        self._sessions = [_session(path, threads) for path in sorted(folder.glob("*.onnx"))]
        if not self._sessions:
            raise InputError("there are no networks of FSA-Net", where=folder)

    def angles_deg(self, crops: np.ndarray) -> Array:
        """See :class:`Peer`; the networks take one picture at a time."""
        x = _unit(crops)
        runs = [[s.run(None, {s.get_inputs()[0].name: one[None]})[0][0] for one in x] for s in self._sessions]
        return np.asarray(np.mean(np.array(runs, float), axis=0))


class ThreeDdfa(Peer):
    """3DDFA_V2 mb05 (Guo et al. 2020; MIT, trained on 300W-LP), 120 px: the rotation out of its affine camera."""

    def __init__(self, folder: Path, margin: float = 1.2, threads: int = 1) -> None:
        super().__init__("3DDFA_V2 mb05", 120, margin, "3DDFA_V2 mb05 (300W-LP)")
        self._session = _session(folder / "mb05_120x120_param62_converted.onnx", threads)
        with _opened(folder / "param_mean_std_62d_120x120.pkl") as file:
            stats = _NumbersOnly(file).load()
        self._mean, self._std = stats["mean"], stats["std"]

    def angles_deg(self, crops: np.ndarray) -> Array:
        """See :class:`Peer`."""
        out = self._session.run(None, {self._session.get_inputs()[0].name: _unit(crops)})[0]
        P = (out * self._std + self._mean)[:, :12].reshape(-1, 3, 4)[:, :2, :3]
        rows = P / np.linalg.norm(P, axis=2, keepdims=True)
        M = nearest_rotation(np.concatenate([rows, np.cross(rows[:, 0], rows[:, 1])[:, None]], axis=1))
        return long_yaw_angles_deg(FACING @ M)


class OpenVinoHeadPose(Peer):
    """OpenVINO's head-pose-estimation-adas-0001 (Intel; Apache-2.0), 60 px. Needs the package openvino."""

    def __init__(self, folder: Path, margin: float = 1.2, threads: int = 1) -> None:
        super().__init__("OpenVINO adas-0001", 60, margin, "head-pose-estimation-adas-0001 (Open Model Zoo)")
        if find_spec("openvino") is None:
            raise InputError("OpenVINO's network needs its runtime", todo="pip install openvino")
        path = folder / "head-pose-estimation-adas-0001.xml"
        if not path.is_file():
            raise InputError("there is no such network", where=path)
        core: Any = import_module("openvino").Core()
        model = core.read_model(str(path))
        model.reshape([-1, 3, 60, 60])
        self._model = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads})

    def angles_deg(self, crops: np.ndarray) -> Array:
        """See :class:`Peer`. Its yaw and pitch have signs opposite to ours (seen on rendered heads), its roll not."""
        out = self._model(np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32))
        return np.column_stack([np.asarray(out[f"angle_{a}_fc"]).reshape(-1) for a in "ypr"]) * [-1.0, -1.0, 1.0]


def load_peers(
    folder: Path, *, margins: Sequence[float] | None = None, threads: int = 1
) -> tuple[list[Peer], list[str]]:
    """The peers that can be run, and in words those that cannot.

    Args:
        folder: holds a folder for each.
        margins: of the crops; None takes for each peer the one that suits it best on rendered people.
        threads: of each.

    Raises:
        InputError: no such folder.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder of peers", where=folder)
    ready: list[Peer] = []
    missing: list[str] = []
    for make, inside in ((FsaNet, "fsanet"), (ThreeDdfa, "threeddfa_v2_mb05"), (OpenVinoHeadPose, "openvino_omz")):
        try:
            if margins is None:
                ready.append(make(folder / inside, threads=threads))
            else:
                ready += [make(folder / inside, margin, threads) for margin in margins]
        except InputError as error:
            missing.append(f"{inside}: {error}")
    return ready, missing


def _unit(crops: np.ndarray) -> np.ndarray:
    return np.asarray(((crops.astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2))


def _session(path: Path, threads: int) -> Any:
    import onnxruntime as ort

    if not path.is_file():
        raise InputError("there is no such network", where=path)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _opened(path: Path) -> IO[bytes]:
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path) from error


class _NumbersOnly(pickle.Unpickler):
    """A pickle may run anything; this one makes arrays of numbers and nothing else."""

    _ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer"})

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".")[0] == "numpy" and name in self._ALLOWED:
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise InputError(f"the file of means holds {module}.{name}, not only numbers")
