"""Adding the blueprints of plugins, which must leave the application's addresses alone."""

import re

from flask import Blueprint, Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from ..errors import PluginError

# An address that no endpoint has: a rule with a variable at its beginning would take it.
_UNKNOWN_OF_API = "/api/-/-"


def add_blueprint(app: Flask, plugin: str, blueprint: object) -> None:
    """Register a plugin's blueprint; raises PluginError for one that claims addresses of the application or others."""
    if not isinstance(blueprint, Blueprint):
        kind = type(blueprint).__name__
        raise PluginError(f"Plugin {plugin} registers {kind}, which is not a Flask blueprint.")
    older = list(app.url_map.iter_rules())
    app.register_blueprint(blueprint)
    known = set(map(id, older))  # equal rules are what is looked for
    for rule in app.url_map.iter_rules():
        if id(rule) in known:
            continue
        if f"{rule.rule}/".startswith("/api/") or _takes(app, rule, _UNKNOWN_OF_API):
            raise PluginError(
                f"Plugin {plugin} registers a blueprint for {rule.rule}, but /api is reserved for the application."
            )
        if any(_overlap(rule, other) for other in older):
            raise PluginError(f"Plugin {plugin} registers a blueprint for {rule.rule}, which there is already.")


def _takes(app: Flask, rule: Rule, path: str) -> bool:
    for method in rule.methods or ():
        try:
            found, _ = app.url_map.bind("localhost").match(path, method, return_rule=True)
        except HTTPException:  # no rule takes it, or one redirects
            continue
        if found is rule:
            return True
    return False


def _overlap(rule: Rule, other: Rule) -> bool:
    """Whether two rules have the same address, whatever the names of their variables, and a method in common."""
    methods = (rule.methods or set()) & (other.methods or set())
    return _shape(rule) == _shape(other) and bool(methods - {"OPTIONS"})


def _shape(rule: Rule) -> str:
    return re.sub("<[^>]*>", "<>", rule.rule.rstrip("/"))
