"""Frames, rotations, triangulation and the gaze ray: pure functions on arrays.

Frames, angle signs and formulas are those of the method page; names are too: ``R_XY, t_XY`` map Y to X,
``p_X = R_XY p_Y + t_XY``. Lengths are metres, angles in the API degrees. Nothing here reads, writes or draws.
"""
