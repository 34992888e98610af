"""Scales of temperature."""
