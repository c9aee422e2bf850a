"""Moving out: a user's library in the files of other trackers, as plain CSV, and as the backup document.

``library`` reads, a module per format turns titles into rows, ``writing`` turns rows into files, and ``formats`` names
the formats.
"""
