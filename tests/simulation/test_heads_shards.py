"""Rendering end to end on tiny canvases: the picture agrees with the truth, shards are exact, whole and resumable."""

import os
from pathlib import Path

import numpy as np
import pytest

from gazeclass.errors import Cancelled, InputError
from gazeclass.geometry.rotation import angles_deg_from_rotation
from gazeclass.progress import Silent
from gazeclass.simulation.drawing import Drawing, Lighting, Material, Part, Window

LIGHT = Lighting(
    np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    np.zeros((3, 3)),
    np.ones(3),
    np.ones(3),
    np.array([0.0, -1.0, 0.0]),
)


def _square(centre, half, colour, z=2.0, material=None):
    """A small square facing the camera."""
    x, y = centre
    corners = np.array(
        [[x - half, y - half, z], [x + half, y - half, z], [x + half, y + half, z], [x - half, y + half, z]]
    )
    weights = np.zeros((4, 7), np.float32)
    weights[:, 4] = 1.0
    return Part(
        corners.astype(np.float32),
        np.tile(np.array([[0, 0, -1]], np.float32), (4, 1)),
        weights,
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        material or Material(),
        np.tile(np.asarray(colour, np.float32), (4, 1)),
    )


def _draw(renderer, *parts, window=None, light=LIGHT):
    window = window or Window((0.3, -0.1), 0.2)
    return renderer.draw([Drawing(list(parts), np.tile(np.eye(4), (7, 1, 1)), window, light, 2.0)])[0]


def test_a_point_is_drawn_where_the_window_says(renderer):
    point = np.array([0.62, -0.32, 2.0])
    window = Window((0.3, -0.1), 0.2)
    picture = _draw(renderer, _square(point[:2], 0.012, (1.0, 0.0, 0.0)), window=window)
    mass = picture[..., 2]  # red is the last of B, G, R
    y, x = np.mgrid[0 : len(mass), 0 : len(mass)]
    seen = np.array([(mass * x).sum(), (mass * y).sum()]) / mass.sum()
    np.testing.assert_allclose(seen, window.pixels(point, renderer.size_px), atol=0.1)
    assert picture[..., 0].max() == 0.0


def test_nearer_hides_farther_and_nothing_is_transparent(renderer):
    near = _square((0.6, -0.2), 0.1, (0, 1, 0), z=1.9)
    far = _square((0.6, -0.2), 0.2, (1, 0, 0), z=2.1)
    picture = _draw(renderer, near, far)
    middle = picture[48, 50]
    np.testing.assert_allclose(middle, [0, 1, 0, 1], atol=0.01)
    assert picture[0, 0, 3] == 0.0


def test_glass_lets_the_face_through(renderer):
    glass = np.array([[[0, 0, 0, 128]]], np.uint8)
    lens = _square((0.6, -0.2), 0.2, (1, 1, 1), z=1.9, material=Material(texture=glass, key="g", blended=True, cut=1.1))
    picture = _draw(renderer, _square((0.6, -0.2), 0.2, (1, 1, 1), z=2.0), lens)
    assert picture[48, 48, 1] == pytest.approx(0.5, abs=0.02)
    assert picture[48, 48, 3] == pytest.approx(1.0, abs=0.01)


def test_something_before_the_light_casts_a_shadow(renderer):
    key = np.array([0.0, -0.6, -0.8])
    light = Lighting(
        np.stack([key, [1, 0, 0], [0, 1, 0]]), np.array([[0.8] * 3, [0] * 3, [0] * 3]), *([np.full(3, 0.1)] * 2),
        up=np.array([0.0, -1.0, 0.0]), shadow=1.0,
    )  # fmt: skip
    wall = _square((0.6, -0.2), 0.25, (1, 1, 1), z=2.05)
    # Above and before the wall, out of the camera's window but between wall and light.
    blocker = _square((0.6, -0.2 - 0.075), 0.05, (0, 0, 1), z=1.95)
    open_, shaded = (_draw(renderer, *p, light=light)[44:56, 44:52, 1].mean() for p in ((wall,), (wall, blocker)))
    assert shaded < 0.8 * open_


def test_two_renderers_in_one_process_do_not_mix(renderer):
    from gazeclass.simulation.renderer import Renderer

    square = _square((0.6, -0.2), 0.1, (0, 1, 0))
    before = _draw(renderer, square)
    other = Renderer(size_px=64, tiles=1)
    small = other.draw([Drawing([square], np.tile(np.eye(4), (7, 1, 1)), Window((0.3, -0.1), 0.4), LIGHT, 2.0)])[0]
    assert np.array_equal(_draw(renderer, square), before)
    assert small[..., 3].mean() == pytest.approx(before[..., 3].mean() / 4, rel=0.15)
    other.release()
    assert np.array_equal(_draw(renderer, square), before)


def _render(indices, seed, library, renderer):
    from gazeclass.simulation.heads import render_heads

    return list(render_heads(indices, seed, library, renderer))


def test_heads_are_the_same_for_the_same_seed_only(renderer, plain):
    a, b = (_render(range(3), 5, plain, renderer) for _ in range(2))
    other = _render(range(3), 6, plain, renderer)
    for one, two, three in zip(a, b, other, strict=True):
        assert np.array_equal(one.image, two.image)
        assert np.array_equal(one.R_crop, two.R_crop)
        assert not np.array_equal(one.R_crop, three.R_crop)
    assert [h.identity for h in a] == [0, 0, 0]


def test_a_head_does_not_depend_on_its_batch(renderer, plain):
    whole = _render(range(6), 9, plain, renderer)
    alone = _render(range(4, 5), 9, plain, renderer)[0]
    assert alone.identity == whole[4].identity == 1
    np.testing.assert_allclose(alone.landmarks68, whole[4].landmarks68, atol=1e-2)
    assert np.abs(alone.image.astype(int) - whole[4].image).mean() < 1.0


def test_people_differ_in_shape_and_looks(body, plain):
    from gazeclass.simulation.people import sample_person

    people = [sample_person(np.random.default_rng(k), plain) for k in range(60)]
    ages = np.array([p.phenotype[body.phenotypes.index("age")] for p in people])
    assert ages.min() < 0.3
    assert ages.max() > 0.8
    assert ages.min() >= 0.2  # six years
    skin = np.array([p.skin.mean() for p in people])
    assert skin.min() < 0.4 < 0.75 < skin.max()
    shapes = body.shape(np.stack([p.phenotype for p in people]), np.stack([p.local for p in people]), None)[0]
    width = shapes[:, 870, 0] - shapes[:, 7575, 0]  # the jaw's two ends
    height = shapes[:, 132, 2] - shapes[:, 5162, 2]  # root of the nose to chin
    assert (height / np.abs(width)).std() > 0.03
    assert len({p.headwear for p in people}) > 2


def test_poses_cover_the_range(body):
    from gazeclass.simulation.scene import sample_shot

    shots = [sample_shot(np.random.default_rng(k)) for k in range(400)]
    R = np.stack([s.R_crop for s in shots])
    yaw = np.degrees(np.arctan2(-R[:, 0, 2], -R[:, 2, 2]))  # of the face's forward axis; left of the picture positive
    counts, _ = np.histogram(yaw, bins=np.linspace(-99, 99, 7))
    assert counts.min() > 0.6 * counts.mean()
    _, pitch, roll = angles_deg_from_rotation(R[np.abs(yaw) < 60]).T
    assert np.abs(pitch).max() <= 50.001
    assert np.abs(roll).max() <= 35.001
    assert np.abs(pitch).max() > 35
    assert max(s.distance_m for s in shots) / min(s.distance_m for s in shots) > 8


@pytest.mark.parametrize("worn", ["beanie", "cap", "scarf", "hood", "mask", "glasses", "beard", "hand", "bald"])
def test_everything_worn_is_drawn(worn, renderer, plain, body):
    """Drawn with and without, the pictures differ, and what is worn stays on the head."""
    from dataclasses import replace

    from gazeclass.simulation.dressing import dress
    from gazeclass.simulation.people import sample_person
    from gazeclass.simulation.scene import place, sample_shot
    from gazeclass.simulation.truth import face_axes

    person = replace(
        sample_person(np.random.default_rng(1), plain), headwear="", glasses=False, mask=False, beard=False, scalp="cap"
    )
    changes = {"glasses": True} if worn == "glasses" else {"mask": True} if worn == "mask" else {}
    changes |= {"beard": True} if worn == "beard" else {"scalp": "bald"} if worn == "bald" else {}
    changes |= {"headwear": worn} if worn in ("beanie", "cap", "scarf", "hood") else {}
    vertices, joints = body.shape(person.phenotype[None], person.local[None], None)
    shot = replace(
        sample_shot(np.random.default_rng(0)), R_crop=np.diag([1.0, -1.0, -1.0]), R_torso=np.diag([1.0, -1, -1])
    )
    where = place(shot, vertices[0], joints[0], face_axes(vertices[0]), renderer.size_px)
    drawings = []
    for who, hand in ((person, -1), (replace(person, **changes), 3 if worn == "hand" else -1)):
        parts = dress(who, vertices[0], joints[0], plain, hand)
        for part in parts:
            assert np.isfinite(part.vertices).all()
            assert part.triangles.max() < len(part.vertices)
        drawings.append(Drawing(parts, where.groups, where.window, LIGHT, where.distance_m))
    without, with_it = renderer.draw(drawings)
    changed = np.abs(without - with_it).max(axis=2) > 0.04
    assert changed.mean() > 0.004
    if worn in ("mask", "beard"):
        x0, y0, x1, y1 = where.box_px.astype(int)
        assert changed[(y0 + y1) // 2 : y1, x0:x1].sum() > 0.8 * changed.sum()


class _StopsAfter(Silent):
    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise Cancelled


@pytest.fixture
def plan(renderer):
    from gazeclass.simulation.shards import HeadsPlan

    return HeadsPlan(count=7, seed=3, size_px=64, shard_size=5)


def test_interrupted_shards_leave_nothing_and_go_on(tmp_path, plan):
    from gazeclass.simulation.shards import read_shards, render_shards

    with pytest.raises(Cancelled):
        render_shards(tmp_path / "a", plan, progress=_StopsAfter(6))
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == ["heads.toml", "heads_00000.npz"]
    first = (tmp_path / "a" / "heads_00000.npz").stat().st_mtime_ns
    render_shards(tmp_path / "a", plan)
    assert (tmp_path / "a" / "heads_00000.npz").stat().st_mtime_ns == first
    render_shards(tmp_path / "b", plan)
    for one, two in zip(read_shards(tmp_path / "a"), read_shards(tmp_path / "b"), strict=True):
        for name in one:
            assert np.array_equal(one[name], two[name], equal_nan=True), name


def test_shards_have_the_agreed_form(tmp_path, plan):
    from gazeclass.simulation.shards import read_shards, render_shards

    paths = render_shards(tmp_path, plan, make_detector=_box_in_the_middle)
    assert [p.name for p in paths] == ["heads_00000.npz", "heads_00001.npz"]
    columns = next(read_shards(tmp_path))
    n = 5
    shapes = {
        "images": (n, 64, 64, 3), "R_crop": (n, 3, 3), "R_rig": (n, 3, 3), "landmarks68": (n, 68, 2), "box": (n, 4),
        "detector_box": (n, 4), "detector_landmarks": (n, 5, 2), "nose": (n, 2), "identity": (n,), "seed": (n,),
        "canvas_fov_deg": (n,),
    }  # fmt: skip
    assert {k: v.shape for k, v in columns.items()} == shapes
    assert columns["images"].dtype == np.uint8
    assert columns["identity"].tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_allclose(np.linalg.det(columns["R_crop"]), 1.0, atol=1e-5)
    assert np.isfinite(columns["detector_box"]).all()
    np.testing.assert_allclose(columns["landmarks68"][:, 30], columns["nose"], atol=1e-4)
    side = (columns["box"][:, 2:] - columns["box"][:, :2]).max(axis=1)
    assert ((side > 0.44 * 64) & (side < 0.56 * 64)).all()


def _box_in_the_middle():
    return lambda image: [(np.array([16, 16, 48, 48]), np.zeros((5, 2)), 0.9), (np.zeros(4), np.zeros((5, 2)), 1.0)]


def test_a_detector_that_finds_nothing_leaves_nan(tmp_path, plan):
    from gazeclass.simulation.shards import read_shards, render_shards

    render_shards(tmp_path, plan, make_detector=lambda: lambda image: [(np.array([0, 0, 5, 5]), np.zeros((5, 2)), 1.0)])
    assert np.isnan(next(read_shards(tmp_path))["detector_box"]).all()


def test_a_folder_of_another_plan_is_refused(tmp_path, plan):
    from dataclasses import replace

    from gazeclass.simulation.shards import render_shards

    render_shards(tmp_path, replace(plan, count=1))
    with pytest.raises(InputError, match=r"another plan.*seed"):
        render_shards(tmp_path, replace(plan, seed=4))
    with pytest.raises(InputError, match="last shard is not full"):
        render_shards(tmp_path, plan)
    for text in ("not = [toml", "seed = 3", 'count = "many"'):
        (tmp_path / "heads.toml").write_text(text)
        with pytest.raises(InputError, match="cannot be read"):
            render_shards(tmp_path, plan)
    (tmp_path / "heads.toml").unlink()
    with pytest.raises(InputError, match="how they were made, is missing"):
        render_shards(tmp_path, plan)


def test_a_smaller_count_never_leaves_a_short_shard_in_a_longer_series(tmp_path, plan):
    from dataclasses import replace

    from gazeclass.simulation.shards import render_shards

    with pytest.raises(Cancelled):
        render_shards(tmp_path, plan, progress=_StopsAfter(1))
    with pytest.raises(InputError, match=r"for 7 heads.*count of 7 or more"):
        render_shards(tmp_path, replace(plan, count=3))
    assert [p.name for p in tmp_path.iterdir()] == ["heads.toml"]


def test_the_manifest_names_the_assets_folder_however_it_was_given(tmp_path, tetra, monkeypatch):
    from gazeclass.simulation.shards import HeadsPlan, render_shards

    monkeypatch.chdir(tmp_path / "pack")
    with pytest.raises(Cancelled):
        render_shards(tmp_path / "a", HeadsPlan(1, 0, Path(".")), progress=_StopsAfter(-1))
    assert 'assets = "pack"' in (tmp_path / "a" / "heads.toml").read_text()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, "0 heads"),
        ({"seed": -1}, "negative"),
        ({"seed": 2**63}, "too large"),
        ({"size_px": 8}, "8 pixels"),
    ],
)
def test_impossible_plans_are_refused(changes, message):
    from gazeclass.simulation.shards import HeadsPlan

    with pytest.raises(InputError, match=message):
        HeadsPlan(**{"count": 5, "seed": 0, **changes})


def test_a_missing_assets_folder_is_told_before_anything_is_made(tmp_path, body):
    from gazeclass.simulation.shards import HeadsPlan, render_shards

    with pytest.raises(InputError, match="is no folder"):
        render_shards(tmp_path / "out", HeadsPlan(5, 0, tmp_path / "none"))
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_two_processes_render_what_one_does(tmp_path, plan):
    from gazeclass.simulation.shards import read_shards, render_shards

    render_shards(tmp_path / "one", plan)
    render_shards(tmp_path / "two", plan, processes=2)
    for one, two in zip(read_shards(tmp_path / "one"), read_shards(tmp_path / "two"), strict=True):
        assert np.array_equal(one["images"], two["images"])


@pytest.mark.slow
def test_what_goes_wrong_in_one_of_several_processes_is_told(tmp_path, plan):
    from gazeclass.simulation.shards import render_shards

    with pytest.raises(InputError, match="no detector here"):
        render_shards(tmp_path, plan, processes=2, make_detector=_no_detector)
    assert [p.name for p in tmp_path.iterdir()] == ["heads.toml"]


@pytest.mark.slow
def test_a_process_that_dies_is_told(tmp_path, plan):
    from gazeclass.simulation.shards import render_shards

    with pytest.raises(InputError, match="a process that rendered was ended"):
        render_shards(tmp_path, plan, processes=2, make_detector=_killed)
    assert [p.name for p in tmp_path.iterdir()] == ["heads.toml"]


def _killed():
    os._exit(9)


def _no_detector():
    raise InputError("no detector here", where="models", todo="Give one.")


@pytest.mark.shared
def test_dressed_people_are_drawn_from_the_shared_assets(shared_data, renderer):
    from gazeclass.simulation.assets import AssetLibrary

    heads = _render(range(4), 2, AssetLibrary(shared_data / "assets"), renderer)
    assert len({h.image.tobytes() for h in heads}) == 4
    for head in heads:
        assert head.image.std() > 8
        assert angles_deg_from_rotation(head.R_crop).shape == (3,)


@pytest.mark.shared
def test_scanned_shapes_move_faces_by_millimetres_and_do_not_turn_them(shared_data, body):
    from gazeclass.geometry.rotation import geodesic_deg
    from gazeclass.simulation.scans import load_scans
    from gazeclass.simulation.truth import face_axes

    scans = load_scans(shared_data / "assets" / "ict-facekit" / "ict.npz")
    rng = np.random.default_rng(0)
    turns = []
    for _ in range(40):
        vertices, offset = scans.offsets(rng.normal(size=scans.count))
        shape = body.mean.copy()
        shape[vertices] += offset
        assert 1e-3 < np.linalg.norm(offset, axis=1).mean() < 0.012
        turns.append(geodesic_deg(face_axes(shape), face_axes(body.mean)))
    assert np.mean(turns) < 3.0


def test_a_file_that_holds_no_scans_is_refused(tmp_path, body):
    from gazeclass.simulation.scans import ScanShapes

    np.savez(tmp_path / "ict.npz", other=np.zeros(3))
    with pytest.raises(InputError, match="no identity shapes"):
        ScanShapes(tmp_path / "ict.npz")
