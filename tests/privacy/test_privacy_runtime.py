"""What the libraries would do on their own: no device id, no report to anybody, no connection."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from gazeclass.faces.mtcnn import MtcnnDetector
import numpy as np
MtcnnDetector(threads=1).detect(np.zeros((80, 80, 3), np.uint8))
"""


def run(home: Path, script: str) -> list[str]:
    """Run a program at home in an empty folder; what it leaves there."""
    folders = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "CI"))} | folders
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, timeout=120)
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


def test_the_network_runtime_leaves_nothing_and_reports_nothing(tmp_path: Path) -> None:
    """onnxruntime 1.29 and later writes ``deviceid`` and a queue of reports as soon as it is imported."""
    assert run(tmp_path, SCRIPT) == []


def test_it_is_switched_off_before_anybody_can_import_it(tmp_path: Path) -> None:
    script = "import gazeclass, os; assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'; import onnxruntime"
    assert run(tmp_path, script) == []
