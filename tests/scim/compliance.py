"""Runs scim2-tester against a server: python3 compliance.py BASE-URL, with the token in SCIM_TOKEN.

Prints what was found and ends with 1 when anything is not as the standard says.
"""

import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

# What a server may leave out, and this one does.
SKIPPED = {"search_with_attributes"}

client = Client(
    base_url=sys.argv[1],
    headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
    timeout=30,
    trust_env=False,
)
results = check_server(SyncSCIMClient(client))
bad = [
    result
    for result in results
    if result.status is not Status.SUCCESS
    and not (result.status is Status.SKIPPED and result.title in SKIPPED)
]
for result in bad:
    print(f"{result.status.name} {result.resource_type} {result.title}: {result.reason}")
print(f"{len(results)} checks, {len(bad)} not good")
sys.exit(1 if bad or len(results) < 40 else 0)
