"""The text codec."""

from engine.plugin import CodecKind, Plugin
from plugins.text.codec import TextCodec, TextSettings

plugin = Plugin(
    name="text",
    summary="plain text",
    codecs=(
        CodecKind(
            name="text",
            summary="plain text, whole or as lines",
            media_type="text/plain",
            open=TextCodec,
            settings=TextSettings,
        ),
    ),
)
