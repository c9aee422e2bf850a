"""A served instance of its own, which goes away and comes back."""

import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from support.serving import Serving, run_program, serving


class Instance:
    """A served instance that goes away and comes back at the same address, with the same folder or an older one."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.settings = settings
        self.running: AbstractContextManager[Serving] | None = None
        self.start("0")

    def start(self, port: str = "") -> None:
        """Serve, unless it does; at the same port if none is given."""
        if self.running is not None:
            return
        options = ("--workers", "1", "--port", port or str(self.port))
        self.running = serving(self.folder, *options, settings=self.settings)
        self.serving = self.running.__enter__()
        self.port = int(self.serving.url.rpartition(":")[2])

    def stop(self) -> None:
        """End it as an administrator does."""
        if self.running is not None:
            self.running.__exit__(None, None, None)
        self.running = None

    def kill(self) -> None:
        """Have it die at once, as a machine without power does."""
        self.serving.kill()
        self.stop()

    def restored(self, copy: Path) -> None:
        """Put a copy of the folder in its place, as an administrator does."""
        shutil.rmtree(self.folder)
        shutil.copytree(copy, self.folder)
        done = run_program(self.folder, "db", "mark-restored", settings=self.settings)
        assert done.returncode == 0, done.stderr
