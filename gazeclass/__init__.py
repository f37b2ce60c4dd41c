"""gazeclass: where on the board is the class facing?

Two cameras beside the board see the class; gazeclass finds each student's nose tip in the room (stereo), how the
head is turned (SDAM), and sends a ray to the board. Importing this package imports neither Qt nor torch.
"""

import os

__version__ = "0.1.0"

# ONNX Runtime (1.29 and later) writes a device id to disk and reports to its makers as soon as it is imported; this,
# set before that, is its only full way out. Not a default: nobody's environment may switch it on under a class.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
