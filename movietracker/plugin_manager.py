"""Finding, checking and describing plugins; one manager per application.

Plugins come from the entry points of the group ``movietracker`` and then from the files and packages of the plugin
folder, each in name order. A duplicate name, an unknown hook or a failing import stops the start.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
from pluggy import PluginValidationError

from . import hookspecs
from .contracts import MetadataProvider
from .errors import PluginError
from .plugin_context import PluginContext
from .settings import Setting

ENTRY_POINT_GROUP = "movietracker"
logger = logging.getLogger("movietracker.plugins")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin as ``movietracker plugins list`` shows it."""

    name: str
    source: str
    version: str | None
    hooks: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {"name": self.name, "source": self.source, "version": self.version, "hooks": list(self.hooks)}


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    source: str
    version: str | None
    load: Callable[[], ModuleType]


class PluginManager:
    """The plugins of one application."""

    def __init__(self, plugin_folder: Path, disabled: Collection[str] = ()) -> None:
        """Load every plugin that is not disabled; raises PluginError that names the plugin at fault."""
        self._pluggy = pluggy.PluginManager("movietracker")
        self._pluggy.add_hookspecs(hookspecs)
        self.plugins: list[PluginInfo] = []
        self.disabled: list[PluginInfo] = []
        sources: dict[str, str] = {}
        for found in (*_from_entry_points(), *_from_folder(plugin_folder)):
            if found.name in disabled:
                self.disabled.append(PluginInfo(found.name, found.source, found.version, ()))
                continue
            if found.name in sources:
                raise PluginError(
                    f"Two plugins are named {found.name}: one from {sources[found.name]}, one from {found.source}."
                )
            sources[found.name] = found.source
            self._register(found)

    def _register(self, found: _Found) -> None:
        try:
            module = found.load()
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            raise PluginError(f"Plugin {found.name} ({found.source}) cannot be imported: {reason}.") from error
        try:
            self._pluggy.register(module, name=found.name)
            self._pluggy.check_pending()
        except PluginValidationError as error:
            raise PluginError(f"Plugin {found.name} ({found.source}) does not fit: {_first_line(error)}.") from error
        hooks = tuple(sorted(caller.name for caller in self._pluggy.get_hookcallers(module) or ()))
        self.plugins.append(PluginInfo(found.name, found.source, found.version, hooks))

    def settings(self) -> list[Setting]:
        """The settings that plugins declare; raises PluginError for a name that is declared twice."""
        declared: dict[str, Setting] = {}

        def register(setting: Setting) -> None:
            if setting.name in declared:
                raise PluginError(f"Two plugins declare the setting {setting.name}.")
            declared[setting.name] = setting

        self._call("register_settings", register=register)
        return list(declared.values())

    def metadata_providers(self, context: PluginContext) -> list[MetadataProvider]:
        """All providers that plugins offer; raises PluginError for duplicate names and for what is no provider."""
        offered: dict[str, MetadataProvider] = {}

        def register(provider: MetadataProvider) -> None:
            if not isinstance(provider, MetadataProvider):
                raise PluginError(f"A plugin registers {type(provider).__name__}, which is not a metadata provider.")
            if provider.name in offered:
                raise PluginError(f"Two plugins register a metadata provider named {provider.name}.")
            offered[provider.name] = provider

        self._call("register_metadata_providers", register=register, context=context)
        return list(offered.values())

    def register_commands(self, cli: Any) -> None:
        """Let plugins add their commands."""
        self._call("register_commands", cli=cli)

    def blueprints(self, context: PluginContext) -> list[Any]:
        """The Flask blueprints that plugins add."""
        blueprints: list[Any] = []
        self._call("register_blueprints", register=blueprints.append, context=context)
        return blueprints

    def library_changed(self, event: Any) -> None:
        """Tell every plugin of a change; one that fails is logged and disturbs nobody."""
        for implementation in self._pluggy.hook.library_changed.get_hookimpls():
            try:
                implementation.function(*([event] if implementation.argnames else []))
            except Exception:
                logger.exception("Plugin %s failed on a library change", implementation.plugin_name)

    def _call(self, hook: str, **arguments: Any) -> None:
        """Call a hook plugin by plugin, in the order in which they were found, so that an error names its plugin."""
        implementations = {each.plugin_name: each for each in getattr(self._pluggy.hook, hook).get_hookimpls()}
        for plugin in self.plugins:
            implementation = implementations.get(plugin.name)
            if implementation is None:
                continue
            try:
                implementation.function(*(arguments[name] for name in implementation.argnames))
            except PluginError:
                raise
            except Exception as error:
                reason = f"{type(error).__name__}: {error}"
                raise PluginError(f"Plugin {plugin.name} fails in {hook}: {reason}.") from error


def load_plugins(settings: Mapping[str, Any], instance_path: Path) -> PluginManager:
    """The plugins that the settings ask for; raises PluginError."""
    folder = Path(settings["MOVIETRACKER_PLUGIN_DIR"] or instance_path / "plugins")
    return PluginManager(folder, settings["MOVIETRACKER_PLUGINS_DISABLED"])


def _from_entry_points() -> Iterator[_Found]:
    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        distribution = point.dist.name if point.dist else "an unknown package"
        version = point.dist.version if point.dist else None
        yield _Found(point.name, f"package {distribution}", version, point.load)


def _from_folder(folder: Path) -> Iterator[_Found]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.suffix == ".py":
            source, name = path, path.stem
        elif (path / "__init__.py").is_file():
            source, name = path / "__init__.py", path.name
        else:
            continue
        if not name.startswith((".", "_")):
            yield _Found(name, f"file {path.name}", None, _loader(name, source))


def _loader(name: str, source: Path) -> Callable[[], ModuleType]:
    def load() -> ModuleType:
        module_name = f"movietracker_plugin_folder.{name}"
        spec = importlib.util.spec_from_file_location(
            module_name,
            source,
            submodule_search_locations=[str(source.parent)] if source.name == "__init__.py" else None,
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{source.name} is not a Python module")
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module  # dataclasses and relative imports look a module up there
        spec.loader.exec_module(module)
        return module

    return load


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
