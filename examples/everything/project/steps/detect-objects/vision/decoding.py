"""Frames into pixels."""


def decode(frame, *, normalise):
    pixels = [ord(char) for char in frame]
    return [pixel / 255 for pixel in pixels] if normalise else pixels
