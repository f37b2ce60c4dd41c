"""From chessboard pictures and tape readings to a saved ``Classroom``."""
