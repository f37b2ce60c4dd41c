"""The Reports place: lessons of the library, and looking at one afterwards."""
