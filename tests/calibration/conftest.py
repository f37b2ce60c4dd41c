"""A small room with known geometry: projected corners for most tests, rendered pictures where they are the point."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from gazeclass.calibration.detection import Detection
from gazeclass.calibration.solve import CalibrationResult, Material, Options, calibrate_material
from gazeclass.calibration.tape import Points, Reading, compile_distances
from gazeclass.calibration.target import Target, chessboard
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import exp_so3
from gazeclass.geometry.stereo import StereoRig

SIZE = (1280, 720)
TARGET = chessboard("9x6", 0.08)


@dataclass(frozen=True, eq=False)
class TrueRoom:
    """Cameras beside a board of 4.0 × 1.2 m (the left one at small x), and a lying chessboard before it."""

    rig: StereoRig
    T_WA: Transform
    target: Target
    width_m: float = 4.0
    height_m: float = 1.2

    def world_from_camera(self, camera: int) -> Transform:
        return self.rig.world_from_camera(camera)

    def cameras_A(self) -> np.ndarray:
        T_AW = self.T_WA.inverse()
        return np.stack([T_AW.apply(self.world_from_camera(c).t) for c in (0, 1)])

    def board_poses(self, count: int, seed: int = 1) -> list[Transform]:
        """Boards held about 3 m from the wall, tilted every way, printed side to the cameras (T_WB)."""
        rng = np.random.default_rng(seed)
        poses = []
        while len(poses) < count:
            # Upright and facing the cameras: X_B along +X_W seen from the front, Y_B up, Z_B towards the board wall.
            upright = np.diag([1.0, -1.0, -1.0])
            R = exp_so3(rng.uniform(-0.5, 0.5, 3)) @ upright
            t = np.array([rng.uniform(1.2, 2.9), rng.uniform(0.0, 1.4), rng.uniform(2.6, 4.0)])
            pose = Transform(R, t)
            if all(self.sees(c, pose) for c in (0, 1)):
                poses.append(pose)
        return poses

    def pixels(self, camera: int, T_WB: Transform) -> np.ndarray:
        return self.rig.project_world(camera, T_WB.apply(self.target.points_A))

    def sees(self, camera: int, T_WB: Transform) -> bool:
        pixels = self.pixels(camera, T_WB)
        towards = self.world_from_camera(camera).t - T_WB.t
        return bool(self.rig.cameras[camera].contains(pixels).all() and T_WB.R[:, 2] @ towards > 0.3)

    def detection(self, camera: int, T_WB: Transform, noise_px: float, rng: np.random.Generator) -> Detection:
        pixels = self.pixels(camera, T_WB) + rng.normal(0, noise_px, (self.target.count, 2))
        return Detection(np.arange(self.target.count), pixels, self.rig.cameras[camera].size_px)

    def readings(self, pairs: list[tuple[str, str]], sigma_m: float = 0.0, seed: int = 0) -> list[Reading]:
        rng = np.random.default_rng(seed)
        readings = [Reading(a, b, 1.0) for a, b in pairs]
        points = Points(self.target, self.cameras_A(), 0.0, 0.9)
        true, _ = compile_distances(points, readings).evaluate(self.T_WA, self.width_m, self.height_m)
        return [
            Reading(r.point_a, r.point_b, round(float(d + rng.normal(0, sigma_m)), 4))
            for r, d in zip(readings, true, strict=True)
        ]


PAIRS = [
    (c, b)
    for c, bs in {
        "C00": ("B_TL", "B_TR", "B_BR"),
        "C80": ("B_TL", "B_TR", "B_BL", "B_BR"),
        "C05": ("B_TL", "B_TR", "B_BL"),
        "C85": ("B_TL", "B_TR", "B_BL"),
    }.items()
    for b in bs
] + [("B_TL", "B_TR"), ("B_TR", "B_BR")]


def make_room(target: Target = TARGET, distortion: bool = True) -> TrueRoom:
    width, height = SIZE
    cameras = []
    for f, cx, cy, d in (
        (985.0, 644.0, 356.0, (-0.13, 0.07, 0.0006, -0.0004, -0.01)),
        (980.0, 634.5, 364.0, (-0.12, 0.06, -0.0005, 0.0007, -0.008)),
    ):
        K = np.array([[f, 0, cx], [0, f * 0.999, cy], [0, 0, 1.0]])
        cameras.append(CameraModel(width, height, K, np.array(d if distortion else (0.0,) * 5)))
    T_W0 = Transform(_looking([-0.18, -0.08, 0.12], [2.2, 0.75, 3.5]), np.array([-0.18, -0.08, 0.12]))
    T_W1 = Transform(_looking([4.23, -0.135, 0.06], [1.9, 0.7, 3.4]), np.array([4.23, -0.135, 0.06]))
    yaw = exp_so3([0.0, np.radians(-3.4), 0.0])
    R_WA = yaw @ np.array([[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]])
    T_WA = Transform(R_WA, np.array([1.77, 1.36, 2.086]))
    return TrueRoom(StereoRig((cameras[0], cameras[1]), T_W1.inverse() @ T_W0, T_W0), T_WA, target)


def _looking(eye: list[float], at: list[float]) -> np.ndarray:
    """R_WC of an upright camera at ``eye`` that looks at ``at``; WCS has Y down, as the camera has."""
    z = np.subtract(at, eye)
    z = z / np.linalg.norm(z)
    x = np.cross([0.0, 1.0, 0.0], z)
    x = x / np.linalg.norm(x)
    return np.stack([x, np.cross(z, x), z], axis=1)


def make_material(
    room: TrueRoom, *, noise_px: float = 0.1, views: int = 8, seed: int = 3, tape: bool = True
) -> Material:
    """Everything a folder holds, without a picture; the tape is that of a board of 9×6."""
    from gazeclass.calibration.room import Room

    rng = np.random.default_rng(seed)
    pairs = {
        f"{k:02d}": (room.detection(0, T, noise_px, rng), room.detection(1, T, noise_px, rng))
        for k, T in enumerate(room.board_poses(views, seed))
    }
    lying = (room.detection(0, room.T_WA, noise_px, rng), room.detection(1, room.T_WA, noise_px, rng))
    facts = Room.model_validate({"board": {"width_m": 4.0, "height_m": 1.2, "lower_edge_above_floor_m": 0.9}})
    readings = tuple(room.readings(PAIRS, 0.002, seed)) if tape else None
    return Material(pairs=pairs, auxiliary=lying, room=facts, tape=readings)


@pytest.fixture(scope="session")
def room() -> TrueRoom:
    return make_room()


@pytest.fixture(scope="session")
def material(room: TrueRoom) -> Material:
    return make_material(room)


@pytest.fixture(scope="session")
def solved(room: TrueRoom, material: Material) -> CalibrationResult:
    return calibrate_material(room.target, material, Options(), name="made-up room")


def texture(target: Target, pixels_per_square: int = 40, border: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The print as a picture, and the homography from ACS x, y (m) to its pixels."""
    from gazeclass.calibration.targets_pdf import rectangles

    s_mm, k, b = target.square_m * 1000.0, pixels_per_square, border * pixels_per_square
    width, height = (target.columns + 1) * k + 2 * b, (target.rows + 1) * k + 2 * b
    picture = np.full((int(height), int(width)), 0 if target.inverted else 235, np.uint8)
    for x, y, w, h, black in rectangles(target):
        x0, y0, x1, y1 = (round(b + v * k / s_mm) for v in (x, y, x + w, y + h))
        picture[y0:y1, x0:x1] = 25 if black != target.inverted else 235
    # ACS (0, 0) is the upper right inner corner; +x right, +y up. Pixel centres are whole numbers.
    m = k / target.square_m
    right, top = b + target.columns * k - 0.5, b + k - 0.5
    return picture, np.array([[m, 0, right], [0, -m, top], [0, 0, 1.0]])


def render(
    room: TrueRoom, camera: int, T_WB: Transform, *, picture: np.ndarray | None = None, blur: float = 0.6
) -> np.ndarray:
    """A grey picture of the board, drawn over ``picture`` if given; needs a camera without distortion."""
    lens = room.rig.cameras[camera]
    assert not lens.distortion.any()
    print_, to_print = texture(room.target)
    T = room.world_from_camera(camera).inverse() @ T_WB
    to_camera = lens.matrix @ np.stack([T.R[:, 0], T.R[:, 1], T.t], axis=1)
    over = 3  # samples a pixel and direction
    up = np.array([[over, 0, (over - 1) / 2], [0, over, (over - 1) / 2], [0, 0, 1.0]])
    H = up @ to_camera @ np.linalg.inv(to_print)
    size = (lens.width_px * over, lens.height_px * over)
    board = cv2.warpPerspective(print_, H, size, flags=cv2.INTER_LINEAR, borderValue=0)
    mask = cv2.warpPerspective(np.full_like(print_, 255), H, size, flags=cv2.INTER_LINEAR, borderValue=0)
    board, mask = (cv2.resize(i, lens.size_px, interpolation=cv2.INTER_AREA) for i in (board, mask))
    base = np.full((lens.height_px, lens.width_px), 120, np.uint8) if picture is None else picture
    alpha = mask.astype(float) / 255.0
    mixed = (
        base * (1 - alpha) + board * np.minimum(alpha, 1.0)
        if picture is not None
        else np.where(mask > 0, board + (1 - alpha) * 120.0, 120.0)
    )
    mixed = cv2.GaussianBlur(mixed, (0, 0), blur)
    noise = np.random.default_rng(camera).normal(0, 0.8, mixed.shape)
    return np.clip(mixed + noise, 0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def plain_room() -> TrueRoom:
    """The room with lenses free of distortion, so that pictures can be rendered by homographies."""
    return make_room(distortion=False)


@pytest.fixture(scope="session")
def picture_folder(plain_room: TrueRoom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration folder with rendered pictures, tape and room: read-only for tests, see ``copy_of``."""
    folder = tmp_path_factory.mktemp("room") / "calibration"
    for k, T in enumerate(plain_room.board_poses(6, seed=5)):
        for c in (0, 1):
            _save(folder / "stereo" / f"cam{c}" / f"{k:02d}.png", render(plain_room, c, T))
    for c in (0, 1):
        _save(folder / "auxiliary" / f"cam{c}.png", render(plain_room, c, plain_room.T_WA))
    lines = ["point_a,point_b,distance_m,tolerance_m"]
    lines += [f"{r.point_a},{r.point_b},{r.distance_m:.3f},0.003" for r in plain_room.readings(PAIRS, 0.001)]
    (folder / "tape.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "room.toml").write_text(
        'name = "Room 7"\n[board]\nwidth_m = 4.0\nheight_m = 1.2\nlower_edge_above_floor_m = 0.9\n', encoding="utf-8"
    )
    return folder


_SEEN: dict[tuple[object, bytes], Detection | None] = {}


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Search each picture once in a session: copies of one folder show the same pictures again and again."""
    from gazeclass.calibration import views
    from gazeclass.calibration.detection import detect

    def once(target: Target, image: np.ndarray) -> Detection | None:
        key = (target, hashlib.sha256(np.ascontiguousarray(image)).digest())
        if key not in _SEEN:
            _SEEN[key] = detect(target, image)
        return _SEEN[key]

    monkeypatch.setattr(views, "detect", once)


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """A copy of a folder that a test may spoil."""
    import shutil

    def copy(folder: Path) -> Path:
        return Path(shutil.copytree(folder, tmp_path / "calibration"))

    return copy


def _save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
