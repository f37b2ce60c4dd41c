"""Faces in a picture, over time and across the two cameras."""
