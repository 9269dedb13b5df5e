"""What a system file may say when its connector is `files`; each field is declared here and nowhere else."""

from __future__ import annotations

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from engine.plugin import Settings
from engine.plugin.fields import Duration, Flag, MappingRef, Template

_UNSAFE = re.compile(r"[\x00-\x1f\x7f%/\\:]|^\.")


class FileTemplate(Template):
    """A template whose holes are percent-encoded where they hold a slash or the like: none leaves its folder."""

    __slots__ = ()

    def written(self, value: str) -> str:
        """A hole's value as it stands in the path."""
        return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", value)


class FilesConnection(Settings):
    """Where files are written."""

    folder: str | None = Field(
        default=None,
        description="the folder below which operations write and read; relative to the workspace",
        examples=["/mnt/erp/outbox", "exchange/outbox"],
    )


class ReceiveSettings(Settings):
    """Which files are picked up, when, and where they go afterwards."""

    folder: str = Field(
        description="the folder that is watched; relative to the workspace", examples=["exchange/orders"]
    )
    pattern: str = Field(
        default="*", description="which names are taken; `*` and `?` as in a shell", examples=["ORD*.csv"]
    )
    stable_for: Duration = Field(
        default=Duration(2.0, text="2 s"),
        description="a file is taken when its size and time have not changed for this long",
    )
    trigger: str | None = Field(
        default=None,
        description="a file is taken only, and at once, when another with this ending stands beside it",
        examples=[".done"],
    )
    done: str = Field(
        default="done", description="where accepted files go; a folder below `folder`, or an absolute path"
    )
    error: str = Field(default="error", description="where refused files go, each with the reason in a `.problem.json`")
    poll: Duration = Field(default=Duration(5.0, text="5 s"), description="how often the folder is looked at")
    notify: Flag = Field(
        default=True, description="whether the system's change notices are used besides; network mounts often send none"
    )
    create: Flag = Field(default=False, description="whether the folder is made when it is missing; not for a mount")

    @field_validator("pattern")
    @classmethod
    def _pattern(cls, value: str) -> str:
        if not value or "/" in value:
            raise ValueError(f"expected a pattern of file names such as 'ORD*.csv', found '{value}'")
        return value

    @field_validator("trigger")
    @classmethod
    def _trigger(cls, value: str | None) -> str | None:
        if value is not None and (len(value) < 2 or not value.startswith(".") or "/" in value):
            raise ValueError(f"expected an ending such as '.done', found '{value}'")
        return value

    @model_validator(mode="after")
    def _folders_differ(self) -> Self:
        if len({self.done, self.error, "", "."}) != 4:
            raise ValueError("expected folders for 'done' and 'error' that differ from each other and from 'folder'")
        return self


class FilesEvent(Settings):
    """An event that arrives as a file."""

    receive: ReceiveSettings | None = Field(default=None, description="which files are picked up")


class FilesRequest(Settings):
    """A file to be written, or to be read."""

    action: Literal["write", "read"] = Field(
        default="write", description="`write` a file, or `read` one (as a `confirm` does): 200 with its bytes, or 404"
    )
    path: FileTemplate = Field(description="the file below the system's folder; holes cannot leave their place in it")
    body: MappingRef | None = Field(default=None, description="the mapping from canonical to the file's document")
    overwrite: Flag = Field(
        default=False, description="whether a file with other content is replaced; otherwise that is a conflict"
    )
