"""The lectures of the course, each in a room of its own."""
