"""Hands lectures out without answers: checks work from records."""
