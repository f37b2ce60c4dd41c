"""Live capture alone: two 1080p streams at 30 pictures a second, how many pairs are lost and what it costs.

The sample lesson's pictures are sped up to 30 a second (not encoded again) and played in a loop as two live cameras,
for a consumer that takes every pair, one that takes four a second, and while recording.

    python benchmarks/capture_live.py [SECONDS]
"""

import os
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av

from gazeclass.capture.expiry import label_for
from gazeclass.capture.health import LiveHealth
from gazeclass.capture.live import LiveOptions, LivePairs, open_live
from gazeclass.capture.recorder import Recorder
from gazeclass.sample import sample_folder

RATE_HZ = 30
SETTLE_S = 3.0


def sped_up(source: Path, target: Path, copies: int = 10) -> Path:
    """The same pictures at 30 a second, several times over, not encoded again."""
    with av.open(str(target), "w") as out:
        stream = None
        for copy in range(copies):
            with av.open(str(source)) as file:
                packets = [p for p in file.demux(video=0) if p.size]
                base = file.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(base)
                step = min(b - a for a, b in zip(*(sorted(p.pts for p in packets)[k:] for k in (0, 1)), strict=False))
                for packet in packets:
                    for field in ("pts", "dts"):
                        number = Fraction(getattr(packet, field), step) + copy * len(packets)
                        setattr(packet, field, round(number * 10))
                    packet.time_base = Fraction(1, RATE_HZ * 10)
                    packet.duration = 10
                    packet.stream = stream
                    out.mux(packet)
    return target


def run(videos: list[Path], seconds: float, *, pairs_per_s: float | None, folder: Path | None) -> str:
    """One line of the table."""
    options = LiveOptions(loop=True, open_timeout_s=60)
    with open_live(str(videos[0]), str(videos[1]), options=options) as live:
        recorder = Recorder(live, folder, label_for("benchmark", 1)) if folder is not None else None
        consume(live, SETTLE_S, pairs_per_s)
        before, cpu, wall = live.health(), time.process_time(), time.monotonic()
        consume(live, seconds, pairs_per_s)
        after, cpu, wall = live.health(), time.process_time() - cpu, time.monotonic() - wall
        left_out = 0
        if recorder is not None:
            recorder.close()
            left_out = sum(recorder.figures().left_out)
    return row(before, after, wall, cpu, left_out)


def row(before: LiveHealth, after: LiveHealth, wall: float, cpu: float, left_out: int) -> str:
    due = wall * RATE_HZ
    made = after.pairs - before.pairs
    frames = min(a.frames - b.frames for a, b in zip(after.cameras, before.cameras, strict=True))
    lost, unpaired = max(1 - made / due, 0.0), max(1 - made / frames, 0.0)
    delivered = (after.delivered - before.delivered) / wall
    return (
        f"{made / wall:7.2f} {100 * lost:10.2f} % {100 * unpaired:10.2f} % {delivered:9.2f}"
        f" {1000 * after.latency_s:9.0f} ms {1000 * after.skew.p95_abs_s:8.2f} ms {100 * cpu / wall:7.0f} %  {left_out}"
    )


def consume(live: LivePairs, seconds: float, pairs_per_s: float | None) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        live.next_pair(0.5)
        if pairs_per_s:
            time.sleep(1 / pairs_per_s)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; {seconds:.0f} s each")
    print(f"{'consumer':22} pairs/s   lost pairs     unpaired  delivered    latency    skew 95       CPU  not recorded")
    with tempfile.TemporaryDirectory() as name:
        videos = [sped_up(sample_folder() / f"cam{k}.mp4", Path(name) / f"cam{k}.mp4") for k in (0, 1)]
        for title, rate, recorded in (
            ("takes every pair", None, False),
            ("takes four a second", 4.0, False),
            ("every pair, recorded", None, True),
        ):
            folder = Path(name) / "recording" if recorded else None
            print(f"{title:22}" + run(videos, seconds, pairs_per_s=rate, folder=folder), flush=True)
    print(f"load {os.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
