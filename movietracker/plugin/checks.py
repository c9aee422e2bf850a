"""What is wrong with what a plugin offers, said as the end of a sentence; plugins are third-party code."""

import inspect
import logging
import re
from collections.abc import Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from .._version import __version__
from ..setting_types import Setting
from .destinations import BackupDestination
from .importers import Importer
from .providers import CAPABILITY_METHODS, MAX_NAMESPACE, Capability, MetadataProvider

Function = Callable[..., Any]

logger = logging.getLogger("movietracker.plugins")

# Names of providers, destinations and importers, which occur in URLs, settings and tables.
_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_SETTING_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def misfit_of_object(each: Any, protocol: type) -> str | None:
    """Why an object is not the provider, destination or importer of this protocol; None if it is."""
    if isinstance(each, type):
        return "it is a class, not an object"
    members = {name: member for name, member in vars(protocol).items() if not name.startswith("_")}
    if missing := [name for name in members if not hasattr(each, name)]:
        return f"it lacks {', '.join(missing)}"
    for name, member in members.items():
        if callable(member) and not _can_stand_for(getattr(each, name), member):
            return f"its {name} must be a method that takes {_arguments(member)}"
    if not isinstance(each.name, str) or not _NAME.fullmatch(each.name):
        return f"its name is {each.name!r}, not a lower-case word"
    if type(each.priority) is not int:
        return f"its priority is {each.priority!r}, not a whole number"
    if protocol is Importer and (not isinstance(each.label, str) or not each.label.strip()):
        return f"its label is {each.label!r}, not a name"
    return _misfit_of_provider(each) if protocol is MetadataProvider else None


def _misfit_of_provider(provider: MetadataProvider) -> str | None:
    namespace, capabilities = provider.id_namespace, provider.capabilities
    if type(namespace) is not int or not 0 <= namespace <= MAX_NAMESPACE:
        return f"its id_namespace is {namespace!r}, not a whole number from 0 to {MAX_NAMESPACE}"
    if not isinstance(capabilities, frozenset) or not capabilities or not capabilities <= set(Capability):
        return f"its capabilities are {capabilities!r}, not a frozenset with at least one Capability"
    for capability in sorted(capabilities):
        for method in CAPABILITY_METHODS[Capability(capability)]:
            if getattr(getattr(provider, method), "__func__", None) is vars(MetadataProvider)[method]:
                return f"it has the capability {capability}, but no method {method}"
    return None


def _can_stand_for(method: Any, specified: Function) -> bool:
    """Whether a method takes the arguments of a specified one, and returns its result itself."""
    if not callable(method) or inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        return False
    parameters = _parameters(specified)
    by_name = {each.name: None for each in parameters if each.kind is each.KEYWORD_ONLY}
    try:
        inspect.signature(method).bind(*[None] * (len(parameters) - len(by_name)), **by_name)
    except TypeError:
        return False
    except ValueError:
        pass  # one written in C does not say what it takes
    return True


@cache
def _parameters(specified: Function) -> tuple[inspect.Parameter, ...]:
    """The parameters of a specified method without self; kept, since many plugins are compared with it."""
    _, *parameters = inspect.signature(specified).parameters.values()
    return tuple(parameters)


def _arguments(specified: Function) -> str:
    return f"({', '.join(each.name for each in _parameters(specified))})"


def misfit_of_setting(setting: Any) -> str | None:
    """Why an object is not the setting of a plugin; None if it is."""
    if not isinstance(setting, Setting):
        return "it is of another kind"
    if not isinstance(setting.name, str) or not _SETTING_NAME.fullmatch(setting.name):
        return f"its name is {setting.name!r}, not words in capital letters joined by _"
    return None if callable(setting.parse) else "its parser is not a function"


def misfit_of_hooks(module: ModuleType, hooks: Mapping[str, Function], marked: Mapping[str, str]) -> str | None:
    """Why the hooks of a plugin would fail or never be called; None if all is well.

    ``hooks`` are those that there are, ``marked`` those that the plugin implements, by the name of its function.
    """
    for name, hook in marked.items():
        function = getattr(module, name)
        if hook not in hooks:
            return f"movietracker {__version__} has no hook named {hook}"
        unknown = inspect.signature(function).parameters.keys() - inspect.signature(hooks[hook]).parameters
        if unknown:
            return f"the hook {hook} has no argument named {min(unknown)}"
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
            return f"the hook {hook} must be a plain function, neither asynchronous nor a generator"
    bare = sorted(name for name in hooks.keys() - marked.keys() if inspect.isfunction(getattr(module, name, None)))
    return f"its {bare[0]} lacks the decorator hookimpl" if bare else None


def is_ready(each: MetadataProvider | BackupDestination) -> bool:
    """Whether a provider or destination says that it is configured; one that fails to say so is not."""
    try:
        return bool(each.is_configured())
    except Exception:
        logger.exception("%s cannot say whether it is configured", each.name)
        return False
