"""The lecture of the course."""
