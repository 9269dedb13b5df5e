"""The xml codec."""

from engine.plugin import CodecKind, Plugin
from plugins.xml.codec import XmlCodec
from plugins.xml.settings import XmlSettings

plugin = Plugin(
    name="xml",
    summary="XML",
    codecs=(
        CodecKind(
            name="xml",
            summary="XML documents as objects, with declared prefixes and lists; closed to entities and bombs",
            media_type=XmlCodec.media_type,
            open=XmlCodec,
            settings=XmlSettings,
        ),
    ),
)
