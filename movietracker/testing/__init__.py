"""Contract tests for plugins; they need pytest, which movietracker itself does not.

``providers.MetadataProviderContract``, ``destinations.BackupDestinationContract`` and ``importers.ImporterContract``
hold the tests that every metadata provider, backup destination and importer must pass.
"""

import pytest

# So that a failing assertion in them shows its values.
pytest.register_assert_rewrite(f"{__name__}.destinations", f"{__name__}.importers", f"{__name__}.providers")
