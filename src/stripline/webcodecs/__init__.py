"""The W3C WebCodecs API, on FFmpeg."""
