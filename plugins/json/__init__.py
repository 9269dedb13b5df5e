"""The json codec."""

from engine.plugin import CodecKind, Plugin
from plugins.json.codec import JsonCodec, JsonSettings

plugin = Plugin(
    name="json",
    summary="JSON with exact numbers",
    codecs=(
        CodecKind(
            name="json",
            summary="JSON documents (RFC 8259); integers of any size and decimals stay as written",
            media_type=JsonCodec.media_type,
            open=JsonCodec,
            settings=JsonSettings,
        ),
    ),
)
