"""The sync protocol: change feed and actions."""
