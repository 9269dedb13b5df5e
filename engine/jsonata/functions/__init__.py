"""The built-in functions of JSONata 2.x on plain values: dict, list, str, int, Decimal, float, bool, None, MISSING.

Arguments have been checked against their signatures by the caller. Functions do not change their arguments. A result of
type `Sequence` is to be collapsed by the caller; every other list is an array.
"""
