"""The backup document: exported from a library, and parsed, checked and merged back into one."""
