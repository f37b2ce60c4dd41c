#!/bin/sh
# What the tests need besides Python: the system libraries of Qt and of rendering without a screen, and for network
# cameras GStreamer's RTSP server with its bindings for the system's own Python. Only on Debian and Ubuntu and only as
# root; elsewhere what cannot run skips and says so. Never fails.
set -u
if ! command -v apt-get >/dev/null 2>&1; then
    echo "test-tools: no apt-get here; the RTSP tests will skip"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "test-tools: not root; the RTSP tests will skip unless GStreamer's RTSP server is there"
    exit 0
fi
qt="libegl1 libgl1 libgl1-mesa-dri libxkbcommon0 libdbus-1-3 libfontconfig1 fonts-dejavu-core"
rtsp="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
packages="$qt $rtsp"
# shellcheck disable=SC2086 # a list of names
if dpkg -s $packages >/dev/null 2>&1; then
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
timeout 600 sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages" >/dev/null 2>&1 ||
    echo "test-tools: not everything could be installed; the tests of network cameras or of windows may skip"
exit 0
