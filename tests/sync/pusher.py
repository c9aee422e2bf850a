"""A process of its own that pushes actions: ``python pusher.py`` with a job as JSON on standard input.

The job: ``settings`` of the application, ``user``, ``batches`` of actions, and ``times`` that each is sent. Answers how
often each status came, as JSON on standard output.
"""

import json
import sys
from collections import Counter
from typing import Any

from movietracker import create_app
from movietracker.api import authentication
from movietracker.services import accounts


def main() -> None:
    """Do the job."""
    job: dict[str, Any] = json.load(sys.stdin)
    app = create_app(job["settings"])
    with app.app_context():
        token = authentication.user_token(accounts.get_account(job["user"]), token_version=0)
    client = app.test_client()
    counts: Counter[str] = Counter()
    for batch in job["batches"] * job["times"]:
        answer = client.post("/api/sync/batch", json={"actions": batch}, headers={"Authorization": f"Bearer {token}"})
        while answer.status_code == 503:  # as a client does: nothing was recorded, send it again
            counts["busy"] += 1
            answer = client.post(
                "/api/sync/batch", json={"actions": batch}, headers={"Authorization": f"Bearer {token}"}
            )
        assert answer.status_code == 200, answer.text
        for result in answer.json["results"]:
            counts["replayed" if result["replayed"] else result["status"]] += 1
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
