"""Contracts: what a payload must look like, whose field it is, and what the codes in it mean.

A canonical entity is a JSON Schema 2020-12 written in YAML (`canonical/ENTITY/N.yaml`) with a life cycle beside it; a
vendor contract is a JSON Schema in a system's folder. Both compile to a `CompiledSchema`. Nothing is ever fetched.
"""
