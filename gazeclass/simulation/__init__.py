"""Rendered people and classrooms with exact truth."""
