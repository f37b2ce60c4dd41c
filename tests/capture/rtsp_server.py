"""An RTSP server of two files on loopback, for the tests of network cameras; a script of the system's own Python.

GStreamer's bindings come with the system (packaging/test-tools.sh), not with the virtual environment: therefore a
process of its own. ``rtsp_server.py PORT LOSS SECONDS FILE FILE`` serves ``/cam0`` and ``/cam1``; LOSS is the share of
RTP packets thrown away. After SECONDS it ends by itself. Prints "ready", and "camN START" with the monotonic time at
which a stream's first picture was due.
"""

import os
import sys
import time

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PIPELINE = (
    "( filesrc location={file} ! qtdemux ! h264parse config-interval=-1 ! identity name=pace sync=true "
    "! rtph264pay pt=96 name=pay0 )"
)


def say(text: str) -> None:
    print(text, flush=True)


def watch(media: GstRtspServer.RTSPMedia, name: str, loss: float) -> None:
    """Tell when the first picture goes out, and lose packets."""
    element = media.get_element()
    earliest = [float("inf")]

    def first(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        start_s = time.monotonic() - info.get_buffer().pts / 1e9
        if start_s < earliest[0] - 0.001:  # the machine may have been busy at the first pictures
            earliest[0] = start_s
            say(f"{name} {start_s:.6f}")
        return Gst.PadProbeReturn.OK

    element.get_child_by_name("pace").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, first)
    if not loss:
        return
    state = [1]

    def lose(_pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        state[0] = state[0] * 1103515245 + 12345 & 0x7FFFFFFF
        return Gst.PadProbeReturn.DROP if state[0] / 0x7FFFFFFF < loss else Gst.PadProbeReturn.OK

    kinds = Gst.PadProbeType.BUFFER
    pay = element.get_child_by_name("pay0")
    pay.set_property("perfect-rtptime", False)
    pay.get_static_pad("src").add_probe(kinds, lose)


def main() -> None:
    port, loss, seconds, files = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for number, file in enumerate(files):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(PIPELINE.format(file=os.path.abspath(file)))
        factory.set_shared(False)
        factory.connect("media-configure", lambda _f, media, name: watch(media, name, loss), f"cam{number}")
        server.get_mount_points().add_factory(f"/cam{number}", factory)
    loop = GLib.MainLoop()
    if not server.attach(None):
        raise SystemExit("the port is taken")
    GLib.timeout_add(int(1000 * seconds), loop.quit)
    say("ready")
    loop.run()


main()
