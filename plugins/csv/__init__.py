"""The csv codec."""

from engine.plugin import CodecKind, Plugin
from plugins.csv.codec import CsvCodec
from plugins.csv.settings import CsvSettings

plugin = Plugin(
    name="csv",
    summary="delimited text",
    codecs=(
        CodecKind(
            name="csv",
            summary="delimited text with a declared dialect: tables, and header and detail rows of several kinds",
            media_type=CsvCodec.media_type,
            open=CsvCodec,
            settings=CsvSettings,
        ),
    ),
)
