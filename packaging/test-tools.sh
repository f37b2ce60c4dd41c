#!/bin/sh
# What the tests of network cameras need besides Python: GStreamer's RTSP server with its bindings for the system's own
# Python. Only on Debian and Ubuntu and only as root; elsewhere those tests skip and say so. Never fails.
set -u
if ! command -v apt-get >/dev/null 2>&1; then
    echo "test-tools: no apt-get here; the RTSP tests will skip"
    exit 0
fi
if [ "$(id -u)" != 0 ]; then
    echo "test-tools: not root; the RTSP tests will skip unless GStreamer's RTSP server is there"
    exit 0
fi
packages="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
# shellcheck disable=SC2086 # a list of names
if dpkg -s $packages >/dev/null 2>&1; then
    exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
timeout 600 sh -c "apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages" >/dev/null 2>&1 ||
    echo "test-tools: GStreamer's RTSP server could not be installed; the RTSP tests will skip"
exit 0
