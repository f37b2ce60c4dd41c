"""The place where the program is set up."""
