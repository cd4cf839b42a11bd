"""Faults that need the raw socket. They write the answer by hand, and the connection is not kept."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
from threading import Event
from typing import NoReturn

from werkzeug import Request, Response

from freshsales_sandbox.serving import CONNECTION

# Seconds after which a hanging answer checks again whether the client is still there.
GLANCE = 0.02


class DroppedError(ConnectionResetError):
    """The connection is finished: the server closes it and sends nothing more."""

    def __init__(self) -> None:
        super().__init__(errno.ECONNRESET, "dropped on purpose")


def reset(request: Request) -> NoReturn:
    """Break the connection with a TCP reset before a byte of the answer."""
    connection = _socket_of(request)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    # Close it here: the server would end the connection in good order, and that is no reset.
    request.environ[CONNECTION].linger = True
    os.close(connection.detach())
    raise DroppedError


def close() -> NoReturn:
    """Close the connection in good order, with no answer at all."""
    raise DroppedError


def hang(request: Request, stopping: Event) -> NoReturn:
    """Send nothing until the client gives up or the sandbox stops."""
    connection = _socket_of(request)
    while not stopping.wait(GLANCE):
        if select.select([connection], [], [], 0)[0] and not connection.recv(1, socket.MSG_PEEK):
            break
    raise DroppedError


def trickle(request: Request, response: Response, stopping: Event) -> NoReturn:
    """Send a byte now and then, until the client takes no more."""
    connection = _socket_of(request)
    head = _head(response, f"Content-Length: {len(response.get_data())}")
    with contextlib.suppress(OSError):
        for number in range(len(head)):
            if stopping.wait(GLANCE):
                break
            connection.sendall(head[number : number + 1])
    raise DroppedError


def truncate(request: Request, response: Response) -> NoReturn:
    """Send half of the body that Content-Length announces."""
    body = response.get_data()
    head = _head(response, f"Content-Length: {len(body)}")
    _socket_of(request).sendall(head + body[: len(body) // 2])
    raise DroppedError


def cut_chunk(request: Request, response: Response) -> NoReturn:
    """Send a chunked body that ends in the middle of its second chunk."""
    body = response.get_data()
    half = len(body) // 2
    whole, torn = body[:half], body[half:]
    chunks = b"%x\r\n%b\r\n%x\r\n%b" % (len(whole), whole, len(torn), torn[: len(torn) // 2])
    _socket_of(request).sendall(_head(response, "Transfer-Encoding: chunked") + chunks)
    raise DroppedError


def _head(response: Response, length: str) -> bytes:
    return (
        f"HTTP/1.1 {response.status}\r\nContent-Type: {response.content_type}\r\n{length}\r\n\r\n"
    ).encode("latin-1")


def _socket_of(request: Request) -> socket.socket:
    connection: socket.socket = request.environ[CONNECTION].socket
    return connection
