"""The W3C WebCodecs API in Python, on FFmpeg."""
