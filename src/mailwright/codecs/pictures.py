"""What kind of picture octets are, by their beginning: nobody's label is believed.

Called by `connectors.pictures` for what a stranger's server gives, and by the web for the parts of a mail. SVG is none: it is a
document that may hold scripts.
"""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
)
_AVIF = frozenset({b"avif", b"avis"})


def media_type_of(data: bytes) -> str | None:
    """The media type of a picture that browsers show, or None."""
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _AVIF:
        return "image/avif"
    return None
