"""Real servers on loopback to which backups are written: SFTP (asyncssh) and WebDAV (wsgidav)."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh
from werkzeug.wsgi import get_input_stream
from wsgidav.wsgidav_app import WsgiDAVApp

from support.live_server import serve

USER, PASSWORD = "keeper", "a pass/word"


class SftpServer:
    """An SFTP server over a folder, with its event loop in a thread; ``known_hosts`` is a file with its host key."""

    def __init__(self, folder: Path, known_hosts: Path) -> None:
        self.known_hosts = known_hosts
        self._folder = folder
        self._connections: list[asyncssh.SSHServerConnection] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sftp-server")
        self._thread.start()
        self._acceptor = self._run(self._listen())
        self.port = self._acceptor.get_port()

    def drop_connections(self) -> None:
        """Hang up on everybody, as a server does that is restarted."""

        async def drop() -> None:
            while self._connections:
                self._connections.pop().abort()

        self._run(drop())

    def close(self) -> None:
        """Stop serving."""

        async def close() -> None:
            self._acceptor.close()
            for connection in self._connections:
                connection.abort()
                await connection.wait_closed()
            await self._acceptor.wait_closed()

        self._run(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        key = asyncssh.generate_private_key("ssh-ed25519")
        acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=lambda: _PasswordServer(self._connections),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self._folder).encode()),
        )
        public = key.export_public_key().decode().strip()
        self.known_hosts.write_text(f"[127.0.0.1]:{acceptor.get_port()} {public}\n")
        return acceptor

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


class _PasswordServer(asyncssh.SSHServer):
    def __init__(self, connections: list[asyncssh.SSHServerConnection]) -> None:
        self._connections = connections

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connections.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@contextmanager
def webdav_server(folder: Path) -> Iterator[int]:
    """A WebDAV server over a folder; yields its port."""
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(folder)},
            "simple_dc": {"user_mapping": {"*": {USER: {"password": PASSWORD}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "verbose": 0,
            "logging": {"enable": False},
        }
    )

    def bounded(environ: Any, start_response: Any) -> Any:
        environ["wsgi.input"] = get_input_stream(environ)  # wsgidav reads on beyond the body
        return app(environ, start_response)

    with serve(bounded) as live:
        yield live.port
