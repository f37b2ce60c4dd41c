"""Widgets that every place shares: the board, the room, the camera picture, the states of a view."""
