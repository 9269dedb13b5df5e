"""Rows of the message table as values. The column order is that of the query fragment `message_columns`.

`lock_message` adds `blocks` to it.
"""

from __future__ import annotations

from engine.message import Message, Phase, State
from engine.store.encoding import from_json, headers_from, pairs_from, words_from
from engine.store.operations.base import Row

BUSINESS_KEYS, LINES, OUTPUTS, ANSWER, BLOCKS = 31, 32, 33, 34, 35
_STATES = {state.value: state for state in State}
_PHASES = {phase.value: phase for phase in Phase}


def message_of(row: Row) -> Message:
    """The message in a row of `message_columns`."""
    return Message(
        id=row[0],
        channel=row[1],
        state=_STATES[row[2]],
        source=row[3],
        payload=row[4],
        received_at=row[5],
        content_type=row[6],
        headers=headers_from(row[7]),
        correlation_id=row[8],
        causation_id=row[9],
        origin=row[10],
        key=row[11],
        step=row[12],
        operation=row[13],
        lane=row[14],
        position=row[15],
        overtakes=bool(row[16]),
        priority=row[17],
        attempts=row[18],
        first_attempt_at=row[19],
        not_before=row[20],
        uncertain=bool(row[21]),
        phase=_PHASES[row[22]],
        revision=row[23],
        lease=row[24],
        settled_at=row[25],
        failure=from_json(row[26]),
        parked=from_json(row[27]),
        again=words_from(row[28]),
        force=bool(row[29]),
        traceparent=row[30],
    )


def business_keys_of(row: Row) -> tuple[tuple[str, str], ...]:
    """The business keys that stand in the message's row, in their order."""
    return pairs_from(row[BUSINESS_KEYS])
