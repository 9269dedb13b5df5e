"""The names that compiled code uses."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import floor
from types import MappingProxyType
from typing import Any, Final

from engine.jsonata.functions import keyorder
from engine.jsonata.functions.objects import TRUE_IF_FULL, is_true
from engine.jsonata.functions.sequence import Sequence
from engine.jsonata.library import as_text
from engine.jsonata.missing import MISSING
from engine.jsonata.runtime import calls, grouping, operators, ordering, selecting, sequences, steps, streams, support
from engine.jsonata.runtime.transforming import Transformer

UNSET: Final = object()

RUNTIME: Mapping[str, Any] = MappingProxyType(
    {
        "M": MISSING,
        "UNSET": UNSET,
        "Decimal": Decimal,
        "NUMBERS": operators.NUMBERS,
        "SIMPLE": operators.SIMPLE,
        "COLLAPSIBLE": sequences.COLLAPSIBLE,
        "LISTS": sequences.LISTS,
        "SCALARS": sequences.SCALARS,
        "Sequence": Sequence,
        "Kept": sequences.Kept,
        "Whole": sequences.Whole,
        "Tuples": sequences.Tuples,
        "Outer": sequences.Outer,
        "Lambda": calls.Lambda,
        "TailCall": calls.TailCall,
        "Transformer": Transformer,
        "StreamStep": streams.StreamStep,
        "Position": streams.Position,
        "Filter": streams.Filter,
        "EMPTY": sequences.EMPTY,
        "TRUE_IF_FULL": TRUE_IF_FULL,
        "is_true": is_true,
        "floor": floor,
    }
    | {
        function.__name__: function
        for function in (
            operators.add,
            operators.subtract,
            operators.multiply,
            operators.divide,
            operators.remainder,
            operators.negate,
            operators.equal,
            operators.unequal,
            operators.less,
            operators.greater,
            operators.at_most,
            operators.at_least,
            operators.includes,
            operators.text,
            operators.span,
            sequences.each,
            sequences.settle,
            sequences.settle_kept,
            sequences.settle_sequence,
            sequences.state_of,
            sequences.settle_raw,
            sequences.flatten,
            sequences.collapse,
            sequences.collapse_fresh,
            sequences.keep,
            sequences.resettle,
            sequences.group_context,
            sequences.item_context,
            sequences.fields_of_item,
            sequences.settle_all,
            sequences.plain,
            steps.field,
            steps.each_field,
            steps.inner_fields,
            steps.last_fields,
            steps.stored_fields,
            steps.output_fields,
            steps.wildcard,
            steps.descendants,
            steps.at_index,
            steps.repeats,
            grouping.group,
            grouping.group_stream,
            grouping.same_key,
            grouping.key_of,
            grouping.distinct_keys,
            keyorder.in_order,
            ordering.order,
            ordering.ordered_result,
            streams.stream,
            streams.contexts,
            streams.lead,
            streams.lead_fields,
            streams.filter_stream,
            calls.invoke,
            calls.finish,
            calls.call_native,
            calls.native,
            calls.partial,
            calls.pipe,
            selecting.each_or_none,
            selecting.each_member,
            selecting.select,
            support.all_numbers,
            support.all_objects,
            support.all_texts,
            support.timed,
            support.not_a_function,
            support.checked_transform,
            support.evaluator,
            support.fold_start,
            as_text,
        )
    }
)
