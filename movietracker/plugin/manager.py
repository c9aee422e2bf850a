"""Finding, checking and describing plugins; one manager per application.

Plugins come from the entry points of the group ``movietracker`` and then from the files and packages of the plugin
folder, each in name order. A duplicate name, an unknown hook or a failing import stops the start.
"""

import importlib.metadata
import importlib.util
import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from types import FunctionType, MethodType, ModuleType
from typing import Any, TypeVar

import pluggy
from flask import Flask

from .._version import __version__
from ..errors import PluginError, SettingsError
from ..setting_types import Setting
from ..settings import CORE_SETTINGS
from . import hookspecs
from .blueprints import add_blueprint
from .checks import misfit_of_hooks, misfit_of_object, misfit_of_setting
from .context import PluginContext
from .destinations import BackupDestination
from .importers import Importer
from .providers import MetadataProvider

Offered = TypeVar("Offered", MetadataProvider, BackupDestination)

ENTRY_POINT_GROUP = "movietracker"
logger = logging.getLogger("movietracker.plugins")


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin, for ``movietracker plugins list``."""

    name: str
    source: str
    version: str | None
    hooks: tuple[str, ...] = ()


_Found = tuple[PluginInfo, Callable[[], ModuleType]]


class _Pluggy(pluggy.PluginManager):
    """Looks for hooks among functions only, since the look at each imported class would take most of a start."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Return the options of a hook; None for what is none."""
        if isinstance(plugin, ModuleType) and not isinstance(vars(plugin).get(name), FunctionType | MethodType):
            return None
        return super().parse_hookimpl_opts(plugin, name)


class PluginManager:
    """The plugins of one application."""

    def __init__(self, plugin_folder: Path, disabled: Collection[str] = ()) -> None:
        """Load every plugin that is not disabled; raises PluginError that names the plugin at fault."""
        self._pluggy = _Pluggy("movietracker")
        self._pluggy.add_hookspecs(hookspecs)
        self.plugins: list[PluginInfo] = []
        self.disabled: list[PluginInfo] = []
        sources: dict[str, str] = {}
        for found, load in (*_from_entry_points(), *_from_folder(plugin_folder)):
            if found.name in disabled:
                self.disabled.append(found)
                continue
            if found.name in sources:
                raise PluginError(
                    f"Two plugins are named {found.name}: one from {sources[found.name]}, one from {found.source}."
                )
            sources[found.name] = found.source
            self._register(found, load)
        for name in sorted(set(disabled) - {plugin.name for plugin in self.disabled}):
            logger.warning("MOVIETRACKER_PLUGINS_DISABLED names %s, but there is no such plugin.", name)

    def _register(self, found: PluginInfo, load: Callable[[], ModuleType]) -> None:
        try:
            module = load()
        except (Exception, SystemExit) as error:
            raise PluginError(f"Plugin {found.name} ({found.source}) cannot be imported: {_reason(error)}.") from error
        misfit = self._misfit(module)
        if misfit:
            raise PluginError(f"Plugin {found.name} ({found.source}) does not fit: {misfit}.")
        self._pluggy.register(module, name=found.name)
        hooks = tuple(sorted(caller.name for caller in self._pluggy.get_hookcallers(module) or ()))
        self.plugins.append(replace(found, hooks=hooks))

    def _misfit(self, module: ModuleType) -> str | None:
        """Return what is wrong with the hooks of a plugin; pluggy would say it in several lines, with paths."""
        marks = {name: self._pluggy.parse_hookimpl_opts(module, name) for name in dir(module)}
        named = {name: mark.get("specname") or name for name, mark in marks.items() if mark is not None}
        return misfit_of_hooks(module, {name: getattr(hookspecs, name) for name in vars(self._pluggy.hook)}, named)

    def settings(self) -> list[Setting]:
        """The settings that plugins declare; raises PluginError for a name that is taken."""
        declared = {setting.name: setting for setting in CORE_SETTINGS}

        def register(plugin: str, setting: Setting) -> None:
            if (misfit := misfit_of_setting(setting)) is not None:
                raise PluginError(f"Plugin {plugin} registers {type(setting).__name__}, not a valid Setting: {misfit}.")
            if setting.name in declared:
                raise PluginError(f"Plugin {plugin} declares the setting {setting.name}, which there is already.")
            declared[setting.name] = setting

        self._call("register_settings", register=register)
        return list(declared.values())[len(CORE_SETTINGS) :]

    def metadata_providers(self, context: PluginContext) -> list[MetadataProvider]:
        """All providers that plugins register; raises PluginError for duplicate names and invalid objects."""
        return self._offered("register_metadata_providers", MetadataProvider, "a metadata provider", context)

    def backup_destinations(self, context: PluginContext) -> list[BackupDestination]:
        """All destinations that plugins register; raises PluginError for duplicate names and invalid objects."""
        return self._offered("register_backup_destinations", BackupDestination, "a backup destination", context)

    def importers(self, context: PluginContext) -> list[Importer]:
        """All importers that plugins register, by priority; raises PluginError for duplicate names, invalid objects."""
        offered: list[Importer] = self._offered("register_importers", Importer, "an importer", context)
        return sorted(offered, key=lambda each: (each.priority, each.name))

    def _offered(self, hook: str, protocol: type, described: str, context: PluginContext) -> list[Any]:
        offered: dict[str, Any] = {}

        def register(plugin: str, each: Any) -> None:
            if (misfit := misfit_of_object(each, protocol)) is not None:
                kind = each.__name__ if isinstance(each, type) else type(each).__name__
                raise PluginError(f"Plugin {plugin} registers {kind}, which is not {described}: {misfit}.")
            if each.name in offered:
                raise PluginError(f"Plugin {plugin} registers {described} named {each.name}, which there is already.")
            namespace = getattr(each, "id_namespace", 0)
            if namespace and namespace in {other.id_namespace for other in offered.values()}:
                raise PluginError(
                    f"Plugin {plugin} registers {each.name} with an id_namespace that is taken: {namespace}."
                )
            if protocol is not Importer:
                each.is_configured()  # if it fails, then here, where its plugin is known
            offered[each.name] = each

        self._call(hook, register=register, context=context)
        return list(offered.values())

    def register_commands(self, cli: Any) -> None:
        """Let plugins add their commands."""
        self._call("register_commands", cli=cli)

    def register_blueprints(self, app: Flask, context: PluginContext) -> None:
        """Add the Flask blueprints of plugins; raises PluginError for one that claims an address that is taken."""
        self._call("register_blueprints", register=partial(add_blueprint, app), context=context)

    def web_client(self) -> Path | None:
        """The folder of a built client, if a plugin has one; raises PluginError for two, and for no folder of one."""
        offered: dict[str, Path] = {}

        def register(plugin: str, folder: Any) -> None:
            if not isinstance(folder, Path) or not (folder / "index.html").is_file():
                raise PluginError(f"Plugin {plugin} registers {folder!r}, which is no folder with an index.html.")
            if offered:
                raise PluginError(f"Plugin {plugin} registers a web client, as {next(iter(offered))} does already.")
            offered[plugin] = folder

        self._call("register_web_clients", register=register)
        return next(iter(offered.values()), None)

    def library_changed(self, event: Any) -> None:
        """Notify every plugin of a change; the failure of one is logged and does not affect the others."""
        for implementation in self._pluggy.hook.library_changed.get_hookimpls():
            try:
                implementation.function(*([event] if implementation.argnames else []))
            except Exception:
                logger.exception("Plugin %s failed on a library change", implementation.plugin_name)

    def _call(self, hook: str, **arguments: Any) -> None:
        """Call a hook plugin by plugin, in the order in which they were found, so that an error names its plugin.

        ``register`` gets the name of the plugin first, and then what the plugin registers.
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
                returned = implementation.function(*(given[name] for name in implementation.argnames))
                if "register" in given and returned is not None:
                    raise PluginError(f"it returns {type(returned).__name__}, which belongs into register()")
            except (Exception, SystemExit) as error:
                if isinstance(error, PluginError) and str(error).startswith(f"Plugin {plugin.name} "):
                    raise
                raise PluginError(f"Plugin {plugin.name} fails in {hook}: {_reason(error)}.") from error


def load_plugins(settings: Mapping[str, Any], instance_path: Path) -> PluginManager:
    """Load the plugins of these settings; raises PluginError, and SettingsError for a missing folder."""
    folder = Path(settings["MOVIETRACKER_PLUGIN_DIR"] or instance_path / "plugins")
    if settings["MOVIETRACKER_PLUGIN_DIR"] and not folder.is_dir():
        raise SettingsError(f"MOVIETRACKER_PLUGIN_DIR names {folder}, which is not a folder.")
    return PluginManager(folder, settings["MOVIETRACKER_PLUGINS_DISABLED"])


def choose(offered: Sequence[Offered], names: Sequence[str], setting: str, described: str) -> list[Offered]:
    """The objects that a setting names, in its order; all by priority if it is empty.

    ``described`` is their plural noun. Raises SettingsError for an unknown name.
    """
    if not names:
        return sorted(offered, key=lambda each: (each.priority, each.name))
    by_name = {each.name: each for each in offered}
    for name in names:
        if name not in by_name:
            known = ", ".join(sorted(by_name)) or "none"
            raise SettingsError(f"{setting} names {name}, but the {described} are: {known}.")
    return [by_name[name] for name in dict.fromkeys(names)]


@cache
def _from_entry_points() -> tuple[_Found, ...]:
    """Those of the installed packages, all of which are looked through: once for a process."""

    def found(point: importlib.metadata.EntryPoint) -> _Found:
        distribution = point.dist.name if point.dist else "an unknown package"
        version = point.dist.version if point.dist else None
        return PluginInfo(point.name, f"package {distribution}", version), point.load

    points = importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    return tuple(found(point) for point in sorted(points, key=lambda point: (point.name, point.value)))


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
            yield PluginInfo(name, f"file {path.name}", None), _loader(name, source)


def _loader(name: str, source: Path) -> Callable[[], ModuleType]:
    # Without a dot, since Python would look for the part before it as a package.
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
    """The type of an error and the first line of its text, without a period; only the text of our own errors."""
    if isinstance(error, ImportError) and str(error.name).startswith("movietracker."):
        missing = str(error).partition(" (")[0]  # without the path
        return f"it needs another version of movietracker than {__version__}: {missing}"
    lines = str(error).strip().splitlines()
    said = lines[0].rstrip(". ") if lines else ""
    if isinstance(error, PluginError):
        return said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
