"""Where camera 1 stands as seen from camera 0, from boards that both saw at the same moment."""

from dataclasses import dataclass

import numpy as np

from gazeclass.calibration.bundle import BoardView, Bundle, adjust
from gazeclass.calibration.detection import Detection
from gazeclass.calibration.pnp import plane_poses
from gazeclass.calibration.target import Target, require_sides
from gazeclass.errors import InputError
from gazeclass.geometry.camera import CameraModel
from gazeclass.geometry.frames import Transform
from gazeclass.geometry.rotation import Array, geodesic_deg

Pair = tuple[Detection | None, Detection | None]

MIN_PAIRS = 3
#: Corners that both cameras must share in a view before it says anything of their relative pose.
MIN_SHARED_CORNERS = 6
#: Two views agree on the relative pose when they differ by less than this.
AGREE_DEG, AGREE_OF_BASELINE = 4.0, 0.12
#: At least this part of the views must agree, else something is wrong with all of them.
MIN_AGREEMENT = 0.6
#: A view is rejected above this many times the median view's RMS, and above REJECT_ABOVE_PX.
REJECT_FACTOR, REJECT_ABOVE_PX = 3.0, 0.5


@dataclass(frozen=True, eq=False)
class StereoCalibration:
    """Two cameras that know each other.

    Attributes:
        cameras: intrinsics, refined jointly with everything else when asked.
        T_10: camera 0's axes to camera 1's.
        rms_px: over the corners of the stereo views used.
        view_rms_px: by view name, per camera.
        used, rejected: view names.
        cov_T_10: ``(6, 6)``, rotation vector (rad) and translation (m).
    """

    cameras: tuple[CameraModel, CameraModel]
    T_10: Transform
    rms_px: float
    view_rms_px: dict[str, tuple[float, float]]
    used: tuple[str, ...]
    rejected: tuple[str, ...]
    cov_T_10: Array

    @property
    def baseline_m(self) -> float:
        """Distance of the optical centres."""
        return float(np.linalg.norm(self.T_10.t))


@dataclass(frozen=True, eq=False)
class _Candidate:
    """One reading of one pair: which solution of the plane, which way round the board."""

    view: str
    T_10: Transform
    T_0B: Transform
    pair: tuple[Detection, Detection]


def calibrate_stereo(
    target: Target,
    cameras: tuple[CameraModel, CameraModel],
    pairs: dict[str, Pair],
    *,
    single: tuple[dict[str, Detection], dict[str, Detection]] = ({}, {}),
    refine_intrinsics: bool = True,
    reduced: tuple[bool, bool] = (False, False),
    any_order: bool = False,
) -> StereoCalibration:
    """Relative pose of the cameras, by default with the intrinsics refined jointly.

    Measured on ``lesson_a``: joint refinement over the stereo and the single views brings the baseline from 1.7 mm to
    0.1 mm of the truth.

    Args:
        target: the board.
        cameras: intrinsics to start from.
        pairs: detections of each moment in camera 0 and 1.
        single: more views of one camera each, which hold the intrinsics in the joint refinement.
        refine_intrinsics: False keeps ``cameras`` as they are.
        reduced: lenses whose views do not carry the full model, see :func:`bundle.adjust`.
        any_order: accept camera 0 standing on the right of camera 1.

    Raises:
        InputError: a square chessboard, no board seen by both, one camera mirrored, cameras swapped, pairs not of the
            same moments.
    """
    require_sides(target)
    shared = {name: (a, b) for name, (a, b) in pairs.items() if a is not None and b is not None}
    shared = {n: p for n, p in shared.items() if len(p[0].common(p[1])) >= MIN_SHARED_CORNERS}
    _require_shared(target, pairs, shared)
    found = consensus(target, cameras, shared)
    if len({c.view for c in found}) < MIN_AGREEMENT * len(shared):
        raise _no_agreement(target, cameras, shared)
    T_10 = found[0].T_10
    if T_10.R[1, 1] < -0.5:
        raise InputError(
            "the pictures of one camera are upside down against the other's",
            where="stereo",
            todo="Turn that camera, or its picture in its own settings, the right way up, and take the pictures again.",
        )
    if T_10.t[0] > 0 and abs(T_10.t[0]) > 0.2 * np.linalg.norm(T_10.t) and not any_order:
        raise InputError(
            "the cameras are swapped: cam0 stands on the right of cam1 as the cameras look (or both pictures are "
            "mirrored)",
            todo="Name the left camera, as seen from behind the cameras, cam0 and the right one cam1.",
        )
    used = {c.view: c for c in found}
    rejected = [name for name in shared if name not in used]
    extra = _single_views(target, cameras, T_10, single) if refine_intrinsics else []
    while True:
        views = [_board_view(target, c) for c in used.values()]
        bundle = adjust(cameras, T_10, views, refine_intrinsics=False)
        if refine_intrinsics:
            noise = float(np.clip(np.nanmedian(bundle.view_rms_px) / np.sqrt(2.0), 0.03, 1.0))
            start = list(bundle.views) + extra
            bundle = adjust(cameras, bundle.T_10, start, refine_intrinsics=True, noise_px=noise, reduced=reduced)
        rms = bundle.view_rms_px[: len(views)]
        worst = int(np.argmax(rms.max(axis=1)))
        limit = max(REJECT_FACTOR * float(np.median(rms)), REJECT_ABOVE_PX)
        if rms[worst].max() <= limit or len(used) <= MIN_PAIRS:
            return _result(bundle, list(used), rejected)
        rejected.append(views[worst].name)
        del used[views[worst].name]


def _require_shared(target: Target, pairs: dict[str, Pair], shared: dict[str, tuple[Detection, Detection]]) -> None:
    if len(shared) >= MIN_PAIRS:
        return
    seen = [sum(pair[c] is not None for pair in pairs.values()) for c in (0, 1)]
    todo = f"Hold the board where both cameras see all of it, at {MIN_PAIRS} places at least; 10 to 20 are good."
    if not shared:
        raise InputError(
            f"the board is never seen by both cameras at once (of {len(pairs)} moments, cam0 sees it in {seen[0]}, "
            f"cam1 in {seen[1]})",
            where="stereo",
            todo=todo,
        )
    raise InputError(
        f"both cameras see the {target.name} together at only {len(shared)} of {len(pairs)} moments",
        where="stereo",
        todo=todo,
    )


def consensus(
    target: Target, cameras: tuple[CameraModel, CameraModel], pairs: dict[str, tuple[Detection, Detection]]
) -> list[_Candidate]:
    """The largest set of readings, one a view, that agree on T_10; the most central one first.

    A flat board has two poses in each picture and may allow a half turn; a wrong choice in one picture gives a T_10
    that no other view shares.
    """
    candidates: list[_Candidate] = []
    for name, (d0, d1) in pairs.items():
        seconds = [d1] if d0.half_turn_known and d1.half_turn_known else [d1, d1.half_turned(target)]
        poses0 = plane_poses(cameras[0], target.points_A[d0.ids], d0.corners_px)
        for second in seconds:
            for p1 in plane_poses(cameras[1], target.points_A[second.ids], second.corners_px):
                candidates.extend(_Candidate(name, p1.T_CB @ p0.T_CB.inverse(), p0.T_CB, (d0, second)) for p0 in poses0)
    if not candidates:
        return []
    R = np.stack([c.T_10.R for c in candidates])
    t = np.stack([c.T_10.t for c in candidates])
    angle = geodesic_deg(R[:, None], R[None])
    shift = np.linalg.norm(t[:, None] - t[None], axis=-1)
    scale = np.linalg.norm(t, axis=-1)
    distance = angle / AGREE_DEG + shift / (AGREE_OF_BASELINE * scale[:, None] + 1e-9)
    views = np.array([c.view for c in candidates])
    names = list(pairs)
    # For each hypothesis and view the closest reading; agreement counts first, closeness second.
    closest = np.stack([distance[:, views == n].min(axis=1, initial=np.inf) for n in names], axis=1)
    score = np.minimum(closest, 2.0).sum(axis=1)
    best = int(np.argmin(score))
    chosen = []
    for name in names:
        at = np.flatnonzero(views == name)
        if at.size:
            nearest = at[int(np.argmin(distance[best, at]))]
            if distance[best, nearest] < 2.0:
                chosen.append((distance[best, nearest], candidates[nearest]))
    chosen.sort(key=lambda item: item[0])
    return [candidate for _, candidate in chosen]


def _no_agreement(
    target: Target, cameras: tuple[CameraModel, CameraModel], pairs: dict[str, tuple[Detection, Detection]]
) -> InputError:
    """Say why the views contradict each other: a mirrored camera, or pictures of different moments."""
    for camera in (0, 1):
        flipped = {
            name: (d0.mirrored(target), d1) if camera == 0 else (d0, d1.mirrored(target))
            for name, (d0, d1) in pairs.items()
        }
        lenses = list(cameras)
        lenses[camera] = mirrored_camera(cameras[camera])
        found = consensus(target, (lenses[0], lenses[1]), flipped)
        # Un-mirroring the wrong camera fits as well, but puts camera 0 on the right.
        if len({c.view for c in found}) >= MIN_AGREEMENT * len(pairs) and found[0].T_10.t[0] < 0:
            return InputError(
                f"the pictures of cam{camera} are mirrored",
                where=f"stereo/cam{camera}",
                todo="Switch the camera's mirror (selfie) mode off and take the pictures again.",
            )
    return InputError(
        "the pairs contradict each other: no single position of the cameras explains them",
        where="stereo",
        todo="Check that pictures of the same name were taken at the same moment, that no camera moved in between and "
        "that the focus is locked.",
    )


def mirrored_camera(camera: CameraModel) -> CameraModel:
    """The lens that a left-right flipped picture of ``camera`` seems to have."""
    K, d = camera.matrix.copy(), camera.distortion.copy()
    K[0, 2] = camera.width_px - 1 - K[0, 2]
    d[3] = -d[3]  # p2 multiplies the horizontal decentring
    return CameraModel(camera.width_px, camera.height_px, K, d)


def _board_view(target: Target, candidate: _Candidate) -> BoardView:
    pair = candidate.pair
    return BoardView(
        candidate.view,
        (target.points_A[pair[0].ids], target.points_A[pair[1].ids]),
        (pair[0].corners_px, pair[1].corners_px),
        candidate.T_0B,
    )


def _single_views(
    target: Target,
    cameras: tuple[CameraModel, CameraModel],
    T_10: Transform,
    single: tuple[dict[str, Detection], dict[str, Detection]],
) -> list[BoardView]:
    views = []
    for c in (0, 1):
        for name, d in single[c].items():
            points = target.points_A[d.ids]
            poses = plane_poses(cameras[c], points, d.corners_px)
            if not poses:
                continue
            T_0B = poses[0].T_CB if c == 0 else T_10.inverse() @ poses[0].T_CB
            pair_points = (points, None) if c == 0 else (None, points)
            pair_px = (d.corners_px, None) if c == 0 else (None, d.corners_px)
            views.append(BoardView(f"cam{c}/{name}", pair_points, pair_px, T_0B))
    return views


def _result(bundle: Bundle, used: list[str], rejected: list[str]) -> StereoCalibration:
    n = len(used)
    rms = bundle.view_rms_px[:n]
    corners = np.array(
        [[len(px) if px is not None else 0 for px in view.corners_px] for view in bundle.views[:n]], float
    )
    total = float(np.sqrt((rms**2 * corners).sum() / corners.sum()))
    return StereoCalibration(
        cameras=bundle.cameras,
        T_10=bundle.T_10,
        rms_px=total,
        view_rms_px={name: (float(r[0]), float(r[1])) for name, r in zip(used, rms, strict=True)},
        used=tuple(used),
        rejected=tuple(rejected),
        cov_T_10=bundle.cov_T_10,
    )
