"""Helpers that every part of the package may use: devices, files, random numbers, safetensors, versions."""
