"""The plugin interface: hooks, contracts, context and manager; plugins import :mod:`movietracker.pluginapi`."""
