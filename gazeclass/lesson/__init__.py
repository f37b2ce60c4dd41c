"""From frame pairs to observations of students, and the file that keeps them."""
