"""gazeclass: where on the board is the class facing?

Two cameras beside the board see the class; gazeclass finds each student's nose tip in the room (stereo), how the
head is turned (SDAM), and sends a ray to the board. Importing this package imports neither Qt nor torch.
"""

__version__ = "0.1.0"
