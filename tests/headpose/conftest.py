"""Fixtures of the head-pose tests."""

from pathlib import Path

import numpy as np
import pytest
from heads_in_miniature import WriteHeads, fake_heads


@pytest.fixture(scope="session")
def write_heads() -> WriteHeads:
    """``write_heads(folder, shards, count, seed)`` fills a folder with shards and returns it."""

    def write(folder: Path, shards: int = 1, count: int = 200, seed: int = 0) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(shards):
            np.savez(folder / f"heads_{k:05d}.npz", **fake_heads(count, seed + k))
        return folder

    return write
