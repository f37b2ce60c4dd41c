"""The lesson place: choose a room and cameras, watch where the class faces, stop."""
