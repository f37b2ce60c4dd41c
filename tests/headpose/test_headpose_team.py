"""Processes that train together stop together; a device that is not there is named."""

import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from heads_in_miniature import WriteHeads  # noqa: E402

from gazeclass.errors import InputError  # noqa: E402
from gazeclass.headpose.team import Team, bfloat16_is_fast  # noqa: E402
from gazeclass.headpose.training_log import read_log  # noqa: E402

RECIPE = """
name = "two"
[model]
backbone = "resnet10-tiny"
input_px = 32
[optimiser]
batch = 32
lr = 1.0
[validation]
every_samples = 128
patience = 2
heads = 100
"""


def test_a_process_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team("cpu")
    assert (team.rank, team.world, team.device) == (0, 1, torch.device("cpu"))
    assert team.agreed({"a": 1.5}) == {"a": 1.5}
    team.leave()
    with pytest.raises(InputError, match="the device 'quantum' cannot be used"):
        Team("quantum")


def test_each_process_has_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("LOCAL_RANK", "1")
    chosen: list[object] = []
    monkeypatch.setattr("gazeclass.headpose.team._usable", torch.device)
    monkeypatch.setattr("torch.cuda.set_device", chosen.append)
    monkeypatch.setattr("torch.distributed.init_process_group", chosen.append)
    team = Team("cuda")
    assert (team.rank, team.world, team.device) == (3, 4, torch.device("cuda:1"))
    assert chosen == [torch.device("cuda:1"), "nccl"]


def test_where_half_the_precision_is_fast() -> None:
    assert bfloat16_is_fast(torch.device("cuda"))
    assert not bfloat16_is_fast(torch.device("mps"))


@pytest.mark.slow
def test_two_processes_stop_together_and_one_of_them_speaks(tmp_path: Path, write_heads: WriteHeads) -> None:
    (tmp_path / "r.toml").write_text(RECIPE)
    write_heads(tmp_path / "heads", shards=2, count=300)
    write_heads(tmp_path / "others", count=300, seed=99)
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gazeclass",
         "headpose", "train", "r.toml", "--heads", "heads", "--validation", "others", "-o", "run", "--threads", "1",
         "--minutes", "1"],
        cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the best network: run/best.pt") == 1
    assert len(read_log(tmp_path / "run" / "log.csv")["samples"]) >= 3
    assert (tmp_path / "run" / "learning_curve.png").is_file()
