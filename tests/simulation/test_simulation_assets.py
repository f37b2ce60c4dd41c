"""Meshes, MakeHuman assets and the body's cache: parsing with its pitfalls, fitting, what a user may get wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from gazeclass.errors import InputError
from gazeclass.simulation.assets import AssetLibrary, read_mhclo
from gazeclass.simulation.mesh import NormalOperator, fan, read_obj


def test_obj_splits_vertices_at_texture_seams(tetra):
    mesh = read_obj(tetra / "tetra.obj")
    assert len(mesh.triangles) == 4
    # Vertex 1 is used with one texture point, 2 with two, 3 with two, 4 with one: six corners in all.
    assert sorted(np.bincount(mesh.source)) == [1, 1, 2, 2]
    assert mesh.uv[mesh.source == 3].tolist() == [[0.25, 0.25]]  # v runs down in pictures


def test_obj_polygons_become_fans(tmp_path):
    path = tmp_path / "pentagon.obj"
    path.write_text("v 0 0 0\n" * 5 + "f 1 2 3 4 5\n")
    assert read_obj(path).triangles.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4]]


@pytest.mark.parametrize("text", ["", "v 0 0 0\n", "f a b c\n"])
def test_obj_refuses_what_is_no_mesh(tmp_path, text):
    path = tmp_path / "bad.obj"
    path.write_text(text)
    with pytest.raises(InputError, match=r"bad\.obj"):
        read_obj(path)


def test_normals_of_a_cube_corner_point_outwards():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    triangles = np.array([[0, 2, 1], [0, 3, 2], [0, 1, 3]], np.int32)
    normal = NormalOperator(triangles, np.arange(4, dtype=np.int32))(vertices)[0]
    np.testing.assert_allclose(normal, np.full(3, -1 / np.sqrt(3)), atol=1e-6)


def test_fan_splits_quads():
    assert fan(np.array([[0, 1, 2, 3]])).tolist() == [[0, 1, 2], [0, 2, 3]]


def test_mhclo_reads_single_index_rows_and_interrupted_blocks(tetra):
    fitting, obj, material = read_mhclo(tetra / "tetra.mhclo")
    assert (obj, material) == ("tetra.obj", "again.mhmat")
    assert fitting.refs.tolist() == [[0, 1, 2], [0, 1, 2], [3, 3, 3], [0, 1, 2]]
    assert fitting.hidden.tolist() == [5, 7, 8, 9, 12]


def test_fitting_scales_offsets_with_the_body(tetra):
    fitting, _, _ = read_mhclo(tetra / "tetra.mhclo")
    # Axes of the body: x left, y back, z up. Spans 0-1 along x, 0-2 along z (up), 0-3 along y (forward is -y).
    body = np.array([[0, 0, 0], [4, 0, 0], [0, 0, 8], [0, -3, 0]], np.float32)
    placed = fitting.place(body)
    np.testing.assert_allclose(placed[0], [0, 0, 0])
    np.testing.assert_allclose(placed[1], [2 + 2 * 4 / 2, 0, 0])
    np.testing.assert_allclose(placed[2], body[3])
    np.testing.assert_allclose(placed[3], [0, -1 * 3 / 1, 4 * 8 / 4])


@pytest.mark.parametrize("cut", ["verts 0", "obj_file", "x_scale"])
def test_mhclo_refuses_what_is_incomplete(tetra, cut):
    path = tetra / "tetra.mhclo"
    path.write_text(path.read_text().replace(cut, "other"))
    with pytest.raises(InputError, match=r"tetra\.mhclo"):
        read_mhclo(path)


def test_mhclo_refuses_broken_numbers(tetra):
    path = tetra / "tetra.mhclo"
    path.write_text(path.read_text().replace("0.5 0.5", "0.5 x"))
    with pytest.raises(InputError, match=r"cannot be read as \.mhclo"):
        read_mhclo(path)


def test_library_finds_assets_and_shrinks_textures(tetra, tmp_path):
    library = AssetLibrary(tmp_path / "pack")
    (asset,) = library.by_kind["hair"]
    assert asset.texture.shape == (4, 512, 4)
    np.testing.assert_allclose(asset.texture[0, 0], [30, 20, 10, 255], atol=1)
    assert library.named("hair", "tetra") is asset


def test_library_refuses_missing_and_empty_folders(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        AssetLibrary(tmp_path / "none")
    with pytest.raises(InputError, match=r"holds no \.mhclo"):
        AssetLibrary(tmp_path)


def test_library_tells_when_mesh_and_fitting_disagree(tetra, tmp_path):
    path = tetra / "tetra.mhclo"
    path.write_text(path.read_text().replace(" 3\n", ""))
    (asset,) = AssetLibrary(tmp_path / "pack").by_kind["hair"]
    with pytest.raises(InputError, match="do not belong together"):
        _ = asset.mesh


@pytest.fixture
def first_start(tmp_path, monkeypatch):
    """Load the body with a cache folder of the test's own; ``build`` writes into the folder it is given."""
    from gazeclass.simulation import body

    monkeypatch.setattr(body, "settings", lambda: SimpleNamespace(cache_dir=tmp_path / "cache"))
    monkeypatch.setattr(body, "Body", lambda model: model)

    def load(build):
        monkeypatch.setattr(body, "_anny", build)
        return body.load_body.__wrapped__()

    return load


def test_a_first_start_that_is_stopped_leaves_no_half_written_body(first_start, tmp_path):
    def stopped(folder):
        folder.mkdir()
        (folder / "model").write_text("half")
        raise KeyboardInterrupt

    def whole(folder):
        folder.mkdir(exist_ok=True)
        (folder / "model").write_text("whole")
        return folder

    with pytest.raises(KeyboardInterrupt):
        first_start(stopped)
    assert list((tmp_path / "cache").iterdir()) == []
    first_start(whole)
    assert (tmp_path / "cache/anny/model").read_text() == "whole"
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["anny"]
    assert first_start(whole) == tmp_path / "cache/anny"


def test_a_cache_that_cannot_be_used_is_one_clear_line(tmp_path, monkeypatch, first_start, body):
    from gazeclass.simulation.body import _anny

    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"neither read nor written.*GAZECLASS_CACHE_DIR"):
        first_start(_anny)


@pytest.mark.shared
def test_every_shared_asset_fits_the_body(shared_data, body):
    library = AssetLibrary(shared_data / "assets")
    counts = {kind: len(assets) for kind, assets in library.by_kind.items()}
    assert counts["hair"] >= 8
    assert counts["eyes"] >= 1
    for kind in ("hair", "eyebrows", "eyelashes", "eyes", "teeth"):
        for asset in library.by_kind[kind]:
            placed = asset.fitting.place(body.mean)
            nearest = np.linalg.norm(placed[:, None][::97] - body.mean[None, ::11], axis=2).min(axis=1)
            assert nearest.max() < 0.2, asset.name
