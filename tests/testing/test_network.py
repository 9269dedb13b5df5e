"""While tests run nobody gets a connection."""

from __future__ import annotations

import asyncio
import socket

import pytest

from engine.testing.network import NetworkBlocked, NetworkGuard


def test_a_connection_is_refused_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        guard = NetworkGuard()
        with guard, pytest.raises(NetworkBlocked):
            socket.create_connection(("127.0.0.1", port))
        (told,) = guard.take()
        assert told == f"something asked for a connection to 127.0.0.1:{port}; tests have no network"
        assert guard.take() == []


def test_a_name_is_not_looked_up() -> None:
    guard = NetworkGuard()
    with guard, pytest.raises(NetworkBlocked):
        socket.getaddrinfo("erp.example.com", 443)
    assert "erp.example.com:443" in guard.take()[0]


def test_the_network_is_back_after_the_tests() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with NetworkGuard():
            pass
        socket.create_connection(server.getsockname()).close()


async def test_an_event_loop_is_no_connection() -> None:
    guard = NetworkGuard()
    with guard:
        await asyncio.to_thread(lambda: asyncio.new_event_loop().close())
    assert guard.take() == []
