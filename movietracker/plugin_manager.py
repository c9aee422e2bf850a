"""Finding, checking and describing plugins; one manager per application.

Plugins come from the entry points of the group ``movietracker`` and then from the files and packages of the plugin
folder, each in name order. A duplicate name, an unknown hook or a failing import stops the start.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import inspect
import logging
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pluggy

from . import hookspecs
from .contracts import BackupDestination, MetadataProvider
from .errors import PluginError, SettingsError
from .plugin_context import PluginContext
from .settings import CORE_SETTINGS, Setting

ENTRY_POINT_GROUP = "movietracker"
logger = logging.getLogger("movietracker.plugins")

# What providers and destinations may be called: their names stand in addresses, settings and tables.
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


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
        for name in sorted(set(disabled) - {plugin.name for plugin in self.disabled}):
            logger.warning("MOVIETRACKER_PLUGINS_DISABLED names %s, but there is no such plugin.", name)

    def _register(self, found: _Found) -> None:
        try:
            module = found.load()
        except (Exception, SystemExit) as error:
            raise PluginError(f"Plugin {found.name} ({found.source}) cannot be imported: {_reason(error)}.") from error
        misfit = self._misfit(module)
        if misfit:
            raise PluginError(f"Plugin {found.name} ({found.source}) does not fit: {misfit}.")
        self._pluggy.register(module, name=found.name)
        hooks = tuple(sorted(caller.name for caller in self._pluggy.get_hookcallers(module) or ()))
        self.plugins.append(PluginInfo(found.name, found.source, found.version, hooks))

    def _misfit(self, module: ModuleType) -> str | None:
        """What is wrong with the hooks of a plugin; pluggy would say it in several lines, with paths."""
        for name in dir(module):
            marked = self._pluggy.parse_hookimpl_opts(module, name)
            if marked is None:
                continue
            hook = marked.get("specname") or name
            specified = getattr(hookspecs, hook, None)
            if specified is None or not hasattr(self._pluggy.hook, hook):
                return f"there is no hook named {hook}"
            unknown = (
                inspect.signature(getattr(module, name)).parameters.keys() - inspect.signature(specified).parameters
            )
            if unknown:
                return f"the hook {hook} has no argument named {min(unknown)}"
        return None

    def settings(self) -> list[Setting]:
        """The settings that plugins declare; raises PluginError for a name that there is already."""
        declared = {setting.name: setting for setting in CORE_SETTINGS}

        def register(plugin: str, setting: Setting) -> None:
            if setting.name in declared:
                raise PluginError(f"Plugin {plugin} declares the setting {setting.name}, which there is already.")
            declared[setting.name] = setting

        self._call("register_settings", register=register)
        return list(declared.values())[len(CORE_SETTINGS) :]

    def metadata_providers(self, context: PluginContext) -> list[MetadataProvider]:
        """All providers that plugins offer; raises PluginError for a name that is taken and for what is no provider."""
        offered = self._offered("register_metadata_providers", MetadataProvider, "metadata provider", context)
        return cast(list[MetadataProvider], offered)

    def backup_destinations(self, context: PluginContext) -> list[BackupDestination]:
        """All destinations that plugins offer; raises PluginError for a name that is taken and for what is none."""
        offered = self._offered("register_backup_destinations", BackupDestination, "backup destination", context)
        return cast(list[BackupDestination], offered)

    def _offered(self, hook: str, protocol: type, described: str, context: PluginContext) -> list[Any]:
        offered: dict[str, Any] = {}

        def register(plugin: str, each: Any) -> None:
            if isinstance(each, type) or not isinstance(each, protocol):
                kind = each.__name__ if isinstance(each, type) else type(each).__name__
                raise PluginError(f"Plugin {plugin} registers {kind}, which is not a {described}.")
            name = each.name  # type: ignore[attr-defined]
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise PluginError(f"Plugin {plugin} registers a {described} named {name!r}, not a lower-case word.")
            if name in offered:
                raise PluginError(f"Plugin {plugin} registers a {described} named {name}, which there is already.")
            each.is_configured()  # type: ignore[attr-defined]  # if it fails, then here, where its plugin is known
            offered[name] = each

        self._call(hook, register=register, context=context)
        return list(offered.values())

    def register_commands(self, cli: Any) -> None:
        """Let plugins add their commands."""
        self._call("register_commands", cli=cli)

    def register_blueprints(self, add: Callable[[Any], None], context: PluginContext) -> None:
        """Hand the Flask blueprints of plugins to ``add``; raises PluginError for one that it refuses."""
        self._call("register_blueprints", register=lambda _, blueprint: add(blueprint), context=context)

    def library_changed(self, event: Any) -> None:
        """Tell every plugin of a change; one that fails is logged and disturbs nobody."""
        for implementation in self._pluggy.hook.library_changed.get_hookimpls():
            try:
                implementation.function(*([event] if implementation.argnames else []))
            except Exception:
                logger.exception("Plugin %s failed on a library change", implementation.plugin_name)

    def _call(self, hook: str, **arguments: Any) -> None:
        """Call a hook plugin by plugin, in the order in which they were found, so that an error names its plugin.

        ``register`` is told the name of the plugin first, and then what the plugin hands over.
        """
        implementations = {each.plugin_name: each for each in getattr(self._pluggy.hook, hook).get_hookimpls()}
        for plugin in self.plugins:
            implementation = implementations.get(plugin.name)
            if implementation is None:
                continue
            given = dict(arguments)
            if "register" in given:
                given["register"] = partial(given["register"], plugin.name)
            try:
                implementation.function(*(given[name] for name in implementation.argnames))
            except Exception as error:
                if isinstance(error, PluginError) and str(error).startswith(f"Plugin {plugin.name} "):
                    raise
                raise PluginError(f"Plugin {plugin.name} fails in {hook}: {_reason(error)}.") from error


def load_plugins(settings: Mapping[str, Any], instance_path: Path) -> PluginManager:
    """The plugins that the settings ask for; raises PluginError, and SettingsError for a folder that is not there."""
    folder = Path(settings["MOVIETRACKER_PLUGIN_DIR"] or instance_path / "plugins")
    if settings["MOVIETRACKER_PLUGIN_DIR"] and not folder.is_dir():
        raise SettingsError(f"MOVIETRACKER_PLUGIN_DIR names {folder}, which is not a folder.")
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
    # Without a dot, since Python would look for the package before it.
    module_name = f"movietracker_plugin_{name.replace('.', '_')}"

    def load() -> ModuleType:
        is_package = source.name == "__init__.py"
        spec = importlib.util.spec_from_file_location(
            module_name, source, submodule_search_locations=[str(source.parent)] if is_package else None
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{source.name} is not a Python module")
        for loaded in [loaded for loaded in sys.modules if f"{loaded}.".startswith(f"{module_name}.")]:
            del sys.modules[loaded]  # another application of this process had a plugin of that name
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module  # dataclasses and relative imports look a module up there
        spec.loader.exec_module(module)
        return module

    return load


def _reason(error: BaseException) -> str:
    """The kind of an error and the first line of what it says, without a full stop; what ours say speaks for itself."""
    lines = str(error).strip().splitlines()
    said = lines[0].rstrip(". ") if lines else ""
    if isinstance(error, PluginError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
