"""The canonical entities of a workspace, by name and version, and the place where every other contract finds them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Self

from engine.contracts.checking import LOCAL_SCHEME, BadSchema
from engine.contracts.documents import ReadDocument, UnreadableDocument, read_document
from engine.contracts.findings import ContractFinding, placed
from engine.contracts.lifecycle import BadLifecycle, Lifecycle
from engine.contracts.schema import CompiledSchema
from engine.contracts.values import nearest, shown
from engine.contracts.violations import OwnerOf
from engine.errors import ConfigurationError

_ENTITY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_VERSION = re.compile(r"[1-9][0-9]{0,3}")
CANONICAL_FOLDER = "canonical"
CODES_FOLDER = "codes"


class UnknownContract(LookupError):
    """There is no such entity or version; `nearest` is the name that was probably meant."""

    def __init__(self, name: str, hint: str | None) -> None:
        super().__init__(f"no contract '{name}'" + (f"; did you mean '{hint}'" if hint else ""))
        self.name = name
        self.nearest = hint


@dataclass(frozen=True, slots=True)
class Contract:
    """Version `version` of an entity. The `common` entity holds shared definitions and has no documents of its own."""

    entity: str
    version: int
    schema: CompiledSchema
    file: str

    @property
    def name(self) -> str:
        """`sales-order/2`"""
        return f"{self.entity}/{self.version}"


class ContractRegistry:
    """All canonical contracts, compiled. It is built whole by `load` and does not change.

    `broken` are the names of contracts that have a file and cannot be used; none when `load` made it.
    """

    def __init__(self, folder: _Loading) -> None:
        self._documents = folder.documents
        self._lifecycles = folder.lifecycles
        self._contracts = folder.contracts
        self.warnings = tuple(folder.warnings)
        self.broken = folder.named - set(folder.contracts)

    @classmethod
    def load(cls, files: Mapping[str, bytes], *, read: ReadDocument = read_document) -> Self:
        """Load `canonical/ENTITY/N.yaml` and `lifecycle.yaml` of a workspace's files, of which the others are passed
        over; raises `ConfigurationError` with every finding."""
        registry, errors = cls.survey(files, read=read)
        if errors:
            raise ConfigurationError(errors)
        return registry

    @classmethod
    def survey(
        cls, files: Mapping[str, bytes], *, read: ReadDocument = read_document
    ) -> tuple[Self, tuple[ContractFinding, ...]]:
        """What can be loaded, and every finding about the rest: for those who check a workspace as a whole."""
        folder = _Loading(files, read)
        folder.load()
        return cls(folder), tuple(folder.errors)

    def __iter__(self) -> Iterator[Contract]:
        return iter(self._contracts.values())

    def __contains__(self, name: object) -> bool:
        return name in self._contracts

    def __len__(self) -> int:
        return len(self._contracts)

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(contract.entity for contract in self))

    def get(self, name: str) -> Contract:
        """The contract `sales-order/2`; raises `UnknownContract` with the nearest name."""
        contract = self._contracts.get(name)
        if contract is None:
            raise UnknownContract(name, self.nearest(name))
        return contract

    def versions(self, entity: str) -> tuple[int, ...]:
        """The versions of an entity in rising order, empty for an unknown one."""
        return tuple(contract.version for contract in self if contract.entity == entity)

    def nearest(self, name: str) -> str | None:
        """The name most like `name`; for a missing or wrong version the newest of that entity."""
        versions = self.versions(name.partition("/")[0])
        return f"{name.partition('/')[0]}/{versions[-1]}" if versions else nearest(name, self._contracts)

    def lifecycle(self, entity: str) -> Lifecycle | None:
        return self._lifecycles.get(entity)

    def resolve(self, uri: str) -> Mapping[str, Any]:
        """The schema of `crossdock:ENTITY/N`, for the `$ref`s of other contracts; raises `UnknownContract`."""
        return _resolve(self._documents, uri)

    def compile(self, document: Any, *, name: str, owner_of: OwnerOf | None = None) -> CompiledSchema:
        """Compile a contract from elsewhere, such as a vendor's, which may refer to canonical definitions."""
        return CompiledSchema.compile(document, name=name, resolve=self.resolve, owner_of=owner_of)


class _Loading:
    """The work of loading: files first, life cycles next, then every schema with all the others at hand."""

    def __init__(self, given: Mapping[str, bytes], read: ReadDocument) -> None:
        self._given = given
        self._read = read
        self._files: dict[str, str] = {}
        self.documents: dict[str, Mapping[str, Any]] = {}
        self.lifecycles: dict[str, Lifecycle] = {}
        self.contracts: dict[str, Contract] = {}
        self.named: set[str] = set()
        self.errors: list[ContractFinding] = []
        self.warnings: list[ContractFinding] = []

    def load(self) -> None:
        for file in sorted(self._given):
            path = PurePosixPath(file)
            canonical = path.parts[:1] == (CANONICAL_FOLDER,) and path.parts[1:2] != (CODES_FOLDER,)
            if canonical and path.suffix in (".yaml", ".yml", ".json"):
                self._load_file(file, path)
        for name in sorted(self.documents, key=lambda name: (name.partition("/")[0], int(name.partition("/")[2]))):
            self._compile(name)

    def _load_file(self, file: str, path: PurePosixPath) -> None:
        entity = path.parent.name
        if len(path.parts) != 3:
            self._refuse(file, "", "contract-file", f"expected '{CANONICAL_FOLDER}/ENTITY/N.yaml', got '{file}'")
        elif not _ENTITY.fullmatch(entity):
            self._refuse(file, "", "contract-file", f"expected an entity such as 'sales-order', got '{entity}'")
        elif path.name == "lifecycle.yaml":
            self._load_lifecycle(entity, file)
        elif path.suffix == ".yaml" and _VERSION.fullmatch(path.stem):
            self._load_version(entity, int(path.stem), file)
        else:
            message = f"expected 'N.yaml' or 'lifecycle.yaml', got '{path.name}'"
            self._refuse(file, "", "contract-file", message)

    def _load_version(self, entity: str, version: int, file: str) -> None:
        name = f"{entity}/{version}"
        self.named.add(name)
        document = self._document(file)
        if document is None:
            return
        if document.get("$id") != f"{LOCAL_SCHEME}:{name}":
            message = f"expected '{LOCAL_SCHEME}:{name}', got {shown(document.get('$id'))}"
            self._refuse(file, "/$id", "contract-file", message)
        self._files[name] = file
        self.documents[name] = document

    def _load_lifecycle(self, entity: str, file: str) -> None:
        document = self._document(file)
        if document is None:
            return
        try:
            lifecycle = Lifecycle.read(document)
        except BadLifecycle as error:
            for path, sentence in error.problems:
                self._refuse(file, path, "contract-lifecycle", sentence)
            return
        if lifecycle.entity != entity:
            self._refuse(file, "entity", "contract-lifecycle", f"expected '{entity}', got '{lifecycle.entity}'")
        self.lifecycles[entity] = lifecycle

    def _document(self, file: str) -> Mapping[str, Any] | None:
        try:
            return self._read(file, self._given[file])
        except UnreadableDocument as error:
            message = f"expected {error.expected}, got {error.found}"
            self.errors.append(ContractFinding(file, "", "contract-file", message, error.line, error.column))
            return None

    def _compile(self, name: str) -> None:
        entity, _, version = name.partition("/")
        lifecycle = self.lifecycles.get(entity)
        owner_of = lifecycle.ownership.owner_of if lifecycle is not None else None
        document, file = self.documents[name], self._files[name]
        try:
            schema = CompiledSchema.compile(document, name=name, resolve=self._resolve, owner_of=owner_of)
        except BadSchema as error:
            self.errors += [placed(finding, self._files.get(finding.name, file)) for finding in error.findings]
            return
        self.warnings += [placed(finding, file) for finding in schema.warnings]
        self.contracts[name] = Contract(entity, int(version), schema, file)

    def _resolve(self, uri: str) -> Mapping[str, Any]:
        return _resolve(self.documents, uri)

    def _refuse(self, file: str, path: str, code: str, message: str) -> None:
        self.errors.append(ContractFinding(file, path, code, message))


def _resolve(documents: Mapping[str, Mapping[str, Any]], uri: str) -> Mapping[str, Any]:
    name = uri.removeprefix(f"{LOCAL_SCHEME}:")
    if name not in documents:
        raise UnknownContract(name, nearest(name, documents))
    return documents[name]
