"""The lectures, each in a room of its own."""
