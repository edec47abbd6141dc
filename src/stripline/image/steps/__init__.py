"""What is done to a picture between decoding and encoding, one file a step.

Each step takes a `Picture` and its settings and returns a `Picture`; one that has nothing to do
returns what it was given. libvips computes pixels only when an encoder asks for rows, so a step
costs nothing until then.
"""
