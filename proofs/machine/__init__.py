"""State machines over several devices: the real application, a model of what it must do, and all that can go wrong.

``model.py``, ``names.py`` and ``actions.py`` say what each action must come to, ``history.py`` which commits there were
and what cursors stand for; ``world.py`` holds the application with its clock, faults and backups, ``devices.py`` what
clients keep; ``rules.py`` has the single steps, ``macros.py`` deep situations that single steps rarely find.
"""
