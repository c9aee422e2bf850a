"""Contract tests for plugins; they need pytest, which movietracker itself does not.

``providers.MetadataProviderContract`` and ``destinations.BackupDestinationContract`` hold the tests that every metadata
provider and every backup destination must pass.
"""

import pytest

# So that a failing assertion in them shows its values.
pytest.register_assert_rewrite(f"{__name__}.destinations", f"{__name__}.providers")
