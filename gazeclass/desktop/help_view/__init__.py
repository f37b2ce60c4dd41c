"""The place that explains: the guide's text, and what this program is made of."""
