"""The JSONata error codes and what each one says; `{value}` and the like are filled in from the error's details."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_TEXTS = {
    "S0101": "string literal must be ended by a matching quote",
    "S0102": "number out of range: {token}",
    "S0103": "unsupported escape sequence: \\{token}",
    "S0104": "the escape sequence \\u must be followed by 4 hex digits",
    "S0105": "quoted field name must be ended by a backquote (`)",
    "S0106": "comment has no closing */",
    "S0201": "syntax error: unexpected {token}",
    "S0202": "expected {value}, got {token}",
    "S0203": "expected {value} before the end of the expression",
    "S0204": "unknown operator: {token}",
    "S0206": "unknown expression type: {token}",
    "S0207": "unexpected end of expression",
    "S0208": "parameter {value} of a function definition must be a variable name (starting with $), got {token}",
    "S0209": "a predicate cannot follow a grouping expression in a step",
    "S0210": "each step can only have one grouping expression",
    "S0211": "the symbol {token} cannot be used as a unary operator",
    "S0212": "the left side of := must be a variable name (starting with $), got {token}",
    "S0213": "the literal value {value} cannot be used as a step within a path",
    "S0214": "the right side of {token} must be a variable name (starting with $)",
    "S0215": "a context variable binding must come before any predicates on a step",
    "S0216": "a context variable binding must come before the order-by clause on a step",
    "S0217": "the parent '%' cannot be derived from this expression",
    "S0301": "empty regular expressions are not allowed",
    "S0302": "no closing / in regular expression",
    "S0303": "regular expression is not valid: {value}",
    "S0401": "type parameters can only be applied to functions and arrays, not to {value}",
    "S0402": "choice groups containing parameterized types are not supported: {value}",
    "S0501": "expression is nested too deeply",
    "T0410": "argument {index} of function {token} does not match the function's signature, got {value}",
    "T0411": "context value is not of a type that fits argument {index} of function {token}, got {value}",
    "T0412": "argument {index} of function {token} must be an array of {type}, got {value}",
    "D1001": "number out of range: {value}",
    "D1002": "cannot negate a value that is not a number: {value}",
    "T1003": "key in object must evaluate to a string, got {value}",
    "D1004": "regular expression {value} matches a string of length zero",
    "T1005": "attempted to call something that is not a function; did you mean ${token}",
    "T1006": "attempted to call something that is not a function: {token}",
    "T1007": "attempted to partially apply something that is not a function; did you mean ${token}",
    "T1008": "attempted to partially apply something that is not a function: {token}",
    "D1009": "several key definitions evaluate to the same key: {value}",
    "T1010": "the matcher function passed to {token} does not return the right structure",
    "D1011": "stack overflow: functions call each other deeper than {value}; a tail call would not use the stack",
    "D1012": "evaluation took longer than its limit of {value} ms",
    "D1013": "reserved field name: {value}",
    "T2001": "the left side of the {token} operator must evaluate to a number, got {value}",
    "T2002": "the right side of the {token} operator must evaluate to a number, got {value}",
    "T2003": "the left side of the range operator (..) must evaluate to an integer, got {value}",
    "T2004": "the right side of the range operator (..) must evaluate to an integer, got {value}",
    "T2006": "the right side of the function application operator ~> must be a function, got {value}",
    "T2007": "cannot compare {value} with {value2} in an order-by clause: their types differ",
    "T2008": "the expressions in an order-by clause must evaluate to numbers or strings, got {value}",
    "T2009": "{value} and {value2} on either side of {token} must be of the same type",
    "T2010": "the expressions on either side of {token} must evaluate to numbers or strings, got {value}",
    "T2011": "the update clause of a transform must evaluate to an object, got {value}",
    "T2012": "the delete clause of a transform must evaluate to a string or an array of strings, got {value}",
    "T2013": "the transform needs $clone(), which has been replaced by something that is not a function",
    "D2014": "the range operator (..) may make at most 10,000,000 items, asked for {value}",
    "D2015": "a sequence became longer than the limit: {value}",
    "D2016": "a string became longer than the limit: {value}",
    "D3001": "cannot make a string of Infinity or NaN",
    "D3010": "second argument of replace cannot be an empty string",
    "D3011": "fourth argument of replace must evaluate to a positive number, got {value}",
    "D3012": "attempted to replace a matched string with something that is not a string: {value}",
    "D3020": "third argument of split must evaluate to a positive number, got {value}",
    "D3030": "unable to cast to a number: {value}",
    "D3040": "third argument of match must evaluate to a positive number, got {value}",
    "D3050": "the second argument of reduce must be a function with at least two parameters",
    "D3060": "the sqrt function cannot be applied to a negative number: {value}",
    "D3061": "power gives a value that is not a JSON number: base {value}, exponent {exp}",
    "D3070": "sort without a comparator takes an array of strings or an array of numbers",
    "D3080": "the picture must contain at most two sub-pictures",
    "D3081": "the sub-picture must not contain more than one decimal separator",
    "D3082": "the sub-picture must not contain more than one percent sign",
    "D3083": "the sub-picture must not contain more than one per-mille sign",
    "D3084": "the sub-picture must not contain both a percent and a per-mille sign",
    "D3085": "the mantissa of a sub-picture must contain at least one digit sign",
    "D3086": "the sub-picture must not contain a passive character between active ones",
    "D3087": "the sub-picture must not contain a grouping separator next to the decimal separator",
    "D3088": "the sub-picture must not contain a grouping separator at the end of the integer part",
    "D3089": "the sub-picture must not contain two grouping separators side by side",
    "D3090": "in the integer part of a sub-picture, no optional digit may follow a mandatory one",
    "D3091": "in the fraction of a sub-picture, no mandatory digit may follow an optional one",
    "D3092": "a sub-picture with a percent or per-mille sign must not contain an exponent separator",
    "D3093": "the exponent of a sub-picture must consist of mandatory digits only",
    "D3100": "the radix of formatBase must be between 2 and 36, got {value}",
    "D3110": "the argument of toMillis must be an ISO 8601 timestamp, got {value}",
    "D3120": "syntax error in the expression passed to eval: {value}",
    "D3121": "error while evaluating the expression passed to eval: {value}",
    "D3130": "formatting or parsing an integer as a sequence starting with {value} is not supported",
    "D3131": "in a decimal digit pattern, all digits must be from the same group",
    "D3132": "unknown component specifier {value} in a date/time picture",
    "D3133": "the 'name' modifier can only be applied to months and days in a date/time picture, not {value}",
    "D3134": "the timezone format cannot have more than four digits",
    "D3135": "no matching closing bracket ']' in a date/time picture",
    "D3136": "the date/time picture lacks specifiers that are needed to parse the timestamp",
    "D3137": "{message}",
    "D3138": "$single() expected exactly one matching result, but more matched",
    "D3139": "$single() expected exactly one matching result, but none matched",
    "D3140": "Malformed URL passed to ${functionName}(): {value}",
    "D3141": "{message}",
    "D3142": "the regular expression {value} took longer than its limit",
    "D3143": "{message}",
    "D3144": "{message}",
    "D3150": "no code table named {value}",
    "D3151": "{message}",
    "D3160": "${functionName}() expected a number, or digits such as 1299.00 as text, got {value}",
    "D3161": "${functionName}() expected an exact number, got {value} from a division: round it first",
    "D3162": "${functionName}() expected a currency of ISO 4217 such as USD, got {value}",
    "D3163": "${functionName}() expected {token}, got {value}",
    "D3164": "$identifier() expected a list of objects with a scheme and a value, got {value}",
    "D3165": "${functionName}() expected {token}, got {value}",
    "D3166": "{message}",
    "D3169": "a function stands in the result{token}, which is a document: call it, or give its name as text",
    "D3168": "the pattern of a transform matched {value}, which is no object and has no fields to update",
    "D3167": "$convert() has no exact result for {value} in {token}: say how many decimal places to round to",
}

TEXTS: Mapping[str, str] = MappingProxyType(_TEXTS)

_LONGEST = 120
_SHOWN_BARE = frozenset({"message", "functionName", "index", "type"})


def describe(code: str, details: Mapping[str, Any]) -> str:
    """Say what `code` means, with the details filled in; values are shown as (shortened) JSON-like text."""
    template = TEXTS.get(code)
    if template is None:
        return str(details.get("message", code))
    if "{message}" in template:
        return str(details.get("message") or "")
    named = {name: _shown(name, value, template) for name, value in details.items()}
    return template.format_map(_Blank(named))


class _Blank(dict[str, str]):
    """A template's name that has no detail shows as a question mark rather than failing the report of an error."""

    def __missing__(self, key: str) -> str:
        return "?"


def _shown(name: str, value: Any, template: str) -> str:
    if name in _SHOWN_BARE or "$" + "{" + name + "}" in template:
        return str(value)
    if isinstance(value, str) and not name.startswith("value"):
        return value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
    return shown(value)


def shown(value: Any) -> str:
    """A value as (shortened) JSON-like text."""
    if isinstance(value, str):
        text = '"' + value + '"'
    elif value is None:
        text = "null"
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dict):
        text = "an object with " + ", ".join(str(key) for key in list(value)[:5]) if value else "an empty object"
    elif isinstance(value, list):
        text = f"an array of {len(value)}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
