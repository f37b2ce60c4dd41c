"""Reading rendered heads: what is missing, misshapen or still being written."""

from pathlib import Path

import numpy as np
import pytest
from heads_in_miniature import WriteHeads, fake_heads

from gazeclass.errors import InputError
from gazeclass.geometry.boxes import overlap
from gazeclass.headpose.shards import (
    MissedBoxes,
    boxes_path,
    fill_boxes,
    read_shard,
    shard_paths,
)


def test_read_and_order(tmp_path: Path, write_heads: WriteHeads) -> None:
    write_heads(tmp_path, shards=3, count=5)
    (tmp_path / ".heads_00009.npz").write_bytes(b"")  # being written
    paths = shard_paths(tmp_path)
    assert [p.name for p in paths] == ["heads_00000.npz", "heads_00001.npz", "heads_00002.npz"]
    heads = read_shard(paths[0])
    assert len(heads) == 5
    assert heads.R_crop.shape == (5, 3, 3)


def test_missing_folder_damaged_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        shard_paths(tmp_path / "none")
    (tmp_path / "heads_00000.npz").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(InputError, match="cannot be read"):
        read_shard(tmp_path / "heads_00000.npz")
    np.savez(tmp_path / "heads_00001.npz", images=np.zeros((2, 8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="not a shard of rendered heads: R_crop"):
        read_shard(tmp_path / "heads_00001.npz")
    columns = fake_heads(4, 0)
    columns["identity"] = columns["identity"][:3]
    np.savez(tmp_path / "heads_00002.npz", **columns)
    with pytest.raises(InputError, match="identity do not have 4 rows"):
        read_shard(tmp_path / "heads_00002.npz")


def test_boxes_are_filled_once_and_read_back(tmp_path: Path, write_heads: WriteHeads) -> None:
    write_heads(tmp_path, shards=2, count=6)
    calls = 0

    def detect(image: np.ndarray) -> list:
        nonlocal calls
        calls += 1
        far = (np.array([0.0, 0, 8, 8]), np.zeros((5, 2)), 0.99)
        near = (np.array([20.0, 20, 60, 60]), np.full((5, 2), 7.0), 0.9)
        return [far] if calls % 3 == 0 else [far, near]

    assert fill_boxes(tmp_path, detect) == (12, 8)
    assert fill_boxes(tmp_path, detect) == (0, 0)
    heads = read_shard(tmp_path / "heads_00000.npz")
    assert heads.found.tolist() == [True, True, False, True, True, False]
    assert (heads.detector_landmarks_px[0] == 7).all()


def test_boxes_of_another_shard_are_refused(tmp_path: Path, write_heads: WriteHeads) -> None:
    shard = write_heads(tmp_path, count=6) / "heads_00000.npz"
    np.savez(boxes_path(shard), detector_box=np.zeros((2, 4)), detector_landmarks=np.zeros((2, 5, 2)))
    with pytest.raises(InputError, match=r"not the boxes of heads_00000\.npz"):
        read_shard(shard)


def test_missed_boxes_lie_where_found_ones_do(tmp_path: Path, write_heads: WriteHeads) -> None:
    heads = read_shard(write_heads(tmp_path, count=600) / "heads_00000.npz")
    whole = MissedBoxes([heads]).complete(heads, np.random.default_rng(0))
    missed = ~heads.found
    assert missed.any()
    assert np.isfinite(whole.detector_box_px).all()
    np.testing.assert_array_equal(whole.detector_box_px[heads.found], heads.detector_box_px[heads.found])
    shares = np.diag(overlap(whole.detector_box_px[missed], heads.box_px[missed]))
    assert np.median(shares) > 0.85
    noses = np.linalg.norm(whole.detector_landmarks_px[missed, 2] - heads.landmarks68[missed, 30], axis=1)
    assert np.median(noses) < 2


def test_too_few_found_faces_are_named(tmp_path: Path, write_heads: WriteHeads) -> None:
    heads = read_shard(write_heads(tmp_path, count=20) / "heads_00000.npz")
    with pytest.raises(InputError, match="too few"):
        MissedBoxes([heads])
