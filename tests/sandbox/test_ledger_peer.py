"""The peer of the failure tests counts what it says it counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from tests.peers import LedgerPeer


async def _send(peer: LedgerPeer, number: int, key: str | None = None) -> int:
    """Try with the same key until it is answered; returns the number of tries."""
    tries = 0
    async with aiohttp.ClientSession(peer.url) as session:
        while True:
            tries += 1
            headers = {"Idempotency-Key": key or f"k-{number}"}
            try:
                async with session.post("/orders", json={"n": number}, headers=headers) as response:
                    await response.read()
                    return tries
            except aiohttp.ClientError:
                continue


async def test_drops_are_tried_again_and_each_key_has_one_effect(tmp_path: Path) -> None:
    with LedgerPeer.start(tmp_path / "ledger", drop_after=0.4, drop_before=0.2, seed=5) as peer:
        tries = sum([await _send(peer, number) for number in range(20)])
        ledger = peer.ledger()
    assert [effect.document["n"] for effect in ledger.of("/orders")] == list(range(20))
    assert ledger.doubled == []
    assert tries == ledger.requests == 20 + ledger.drops
    assert ledger.repeats > 0


async def test_effects_survive_a_kill_and_the_same_port_serves_again(tmp_path: Path) -> None:
    peer = LedgerPeer.start(tmp_path / "ledger")
    await _send(peer, 1)
    peer.kill()
    with LedgerPeer.start(tmp_path / "ledger", port=peer.port) as again:
        assert again.url == peer.url
        await _send(again, 1)
        assert again.counts() == {"effects": 1, "requests": 1, "repeats": 1, "drops": 0}


async def test_a_peer_that_knows_no_keys_doubles_and_still_confirms(tmp_path: Path) -> None:
    with LedgerPeer.start(tmp_path / "ledger", honour_keys=False) as peer:
        await _send(peer, 1)
        await _send(peer, 1)
        assert len(peer.ledger().doubled) == 1
        async with aiohttp.ClientSession(peer.url) as session:
            async with session.get("/orders", params={"key": "k-1"}) as response:
                assert response.status == 200
            async with session.get("/orders", params={"key": "k-2"}) as response:
                assert response.status == 404


async def test_a_doubled_body_is_found_whatever_its_key(tmp_path: Path) -> None:
    with LedgerPeer.start(tmp_path / "ledger", sync=False) as peer:
        await asyncio.gather(_send(peer, 1, "a"), _send(peer, 1, "b"))
        assert len(peer.ledger().doubled) == 1


async def test_it_is_steered_while_it_runs(tmp_path: Path) -> None:
    with LedgerPeer.start(tmp_path / "ledger") as peer:
        peer.steer(down=1)
        pending = asyncio.create_task(_send(peer, 1))
        while await asyncio.to_thread(lambda: peer.counts()["drops"]) == 0:
            pass
        await asyncio.to_thread(peer.steer, down=0)
        assert await pending > 1
        assert len(peer.ledger().effects) == 1
