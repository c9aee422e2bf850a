"""The client in Python and the one in TypeScript, used alike: opened, told of faults of the network, and killed."""

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from support.services import missing_service

from movietracker.client import Client, Unreachable
from movietracker.client.library import Library
from tools import web

START = 'import { runnerImport } from "vite"; await runnerImport(process.argv[1], { configFile: false });'


Clock = Callable[[], float]


class Died(BaseException):
    """The device's program has ended; nothing of it runs after this."""


class LossyAdapter(HTTPAdapter):
    """Loses requests and answers, as told in order, and dies at the request or answer of this number."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.dies_at = 0

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        fault = self.faults.pop(0) if self.faults else ""
        self._step()
        if fault == "lose request":
            raise requests.ConnectionError(fault)
        answer = super().send(request, *arguments, **options)
        try:
            self._step()
            if fault == "lose answer":
                raise requests.ConnectionError(fault)
        except BaseException:
            answer.close()
            raise
        return answer

    def _step(self) -> None:
        self.dies_at -= 1
        if self.dies_at == 0:
            raise Died


class PythonDevice(Client):
    """The reference client, in a file."""

    def __init__(self, file: Path, url: str, page_size: int, clock: Clock = time.time, **state: Any) -> None:
        self._adapter = LossyAdapter()
        super().__init__(file, url)
        self._session.mount("http://", self._adapter)
        self.pause, self.attempts, self.page_size, self.clock = 0.0, 2, page_size, clock
        with self._db:
            self._set(**state)

    def talk(self, method: str, faults: Sequence[str] = (), dies_at: int = 0) -> None:
        """Call this method. Raises Unreachable, and Died at this step: a request or an answer."""
        self._adapter.faults, self._adapter.dies_at = list(faults), dies_at
        try:
            getattr(self, method)()
        finally:
            self._adapter.faults, self._adapter.dies_at = [], 0

    def pending(self) -> set[str]:
        """The ids of the actions that no pull has confirmed."""
        return {row["id"] for row in self._rows("SELECT id FROM queue WHERE stage IN ('new', 'sent', 'done')")}

    def twice(self) -> None:
        """Sync in two threads at once."""
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(self.sync) for _ in range(2)]
        for end in ends:
            end.result()


class Node:
    """The program ``web/tests/bridge.ts``, in whose memory the databases of its devices are."""

    def __init__(self) -> None:
        if not (web.WEB / "node_modules").is_dir():
            missing_service("What the page is built with is not installed: make web.")
        command = [web.find_node(), "--input-type=module", "--eval", START, str(web.WEB / "tests" / "bridge.ts")]
        self.dies_in = 0
        """After how many steps the device that runs dies; 0 for never."""
        self._process = subprocess.Popen(command, cwd=web.WEB, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def call(self, name: str, now: float, call: str, *arguments: Any, faults: Sequence[str] = ()) -> Any:
        """Have the device of this name do something. Raises Unreachable and Died."""
        command = {"device": name, "now": now, "call": call, "arguments": arguments}
        self._process.stdin.write(json.dumps({**command, "faults": [*faults], "dies_at": self.dies_in}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the program has ended; see its standard error"
        answer = json.loads(line)
        if answer["died"]:
            raise Died
        self.dies_in -= min(self.dies_in, answer["steps"])
        if "error" in answer:
            raise (Unreachable if answer["is_unreachable"] else AssertionError)(answer["error"])
        return answer["result"]

    def close(self) -> None:
        """End the program."""
        with self._process as process:
            process.stdin.close()


class WebDevice:
    """The client of the web app, over an IndexedDB in the memory of a program that outlives it."""

    def __init__(
        self, node: Node, file: Path, url: str, page_size: int, clock: Clock = time.time, **state: Any
    ) -> None:
        self._node, self._name, self._url, self._clock = node, str(file), url, clock
        self._call("open", self._name, url, page_size, state)

    movies = property(lambda self: self.library().movies)
    people = property(lambda self: self.library().people)
    unsent = property(lambda self: len(self._queued("new", "sent")))
    conflicts = property(lambda self: self._queued("conflict"))
    rejections = property(lambda self: self._queued("rejected"))

    def login(self, email: str, password: str) -> None:
        self._call("login", email, password)

    def library(self) -> Library:
        shown = self._call("shown")
        return Library([(kind, record) for kind in ("movies", "people", "lists") for record in shown[kind]])

    def do(self, action: str, data: dict[str, Any]) -> str:
        return str(self._call("do", action, data))

    def pending(self) -> set[str]:
        """The ids of the actions that no pull has confirmed."""
        return {row["id"] for row in self._queued("new", "sent", "done")}

    def talk(self, method: str, faults: Sequence[str] = (), dies_at: int = 0) -> None:
        """Call this method of the bridge. Raises Unreachable, and Died at this step: also one of the database."""
        self._node.dies_in = dies_at
        try:
            self._call(method, faults=faults)
        finally:
            self._node.dies_in = 0

    def sync(self) -> None:
        self._call("sync")

    def push(self) -> None:
        self._call("push")

    def pull(self) -> None:
        self._call("pull")

    def close(self) -> None:
        self._call("close")

    def _get(self, name: str) -> Any:
        return self._call("state", name)

    def _call(self, call: str, *arguments: Any, faults: Sequence[str] = ()) -> Any:
        return self._node.call(self._name, self._clock(), call, *arguments, faults=faults)

    def _queued(self, *stages: str) -> list[dict[str, Any]]:
        rows = [row for row in self._call("queue") if row["stage"] in stages]
        return [{**row, **(row["result"] or {})} for row in rows]


Device = PythonDevice | WebDevice
Open = Callable[..., Device]
