"""The limits of the Message Batches API, each with where it was read.

Sources are the documentation and SDK 2.11.0, November 2026.
"""

from __future__ import annotations

from datetime import timedelta

MAX_REQUESTS = 100_000
"""Requests in one batch; 1 is the least. Older guides say 10,000: obsolete."""
MAX_BODY_BYTES = 250_000_000
"""Bytes of one create body. The API says 256 MB; whether decimal is unverified, so we stay under this."""
LEAST_BODY_BYTES = 100
"""A body that is shorter holds no request: its frame, a model and an empty message take as much."""
LARGEST_COUNT = 1_000_000_000
"""More than there is of anything that is counted here; SQLite's integers and Python's dates end far above it."""
# The API states it where it refuses one: `requests.0.custom_id: String should match pattern …`.
CUSTOM_ID_PATTERN = r"^[a-zA-Z0-9_-]{1,64}$"
LIFETIME = timedelta(hours=24)
"""A batch expires this long after its creation."""
RESULTS_KEPT = timedelta(days=29)
"""Results stay this long after the batch's creation, not after its end."""
RESULTS_EXPIRE_SOON = timedelta(days=3)
"""How long before the API deletes results that are not saved here people are warned: a weekend fits into it."""
PAGE_LIMIT = 1000
"""The most batches that one call of list returns."""
API_VERSION = "2026-10-21"
"""The version that SDK 2.x sends by default; it removed temperature, top_p and top_k."""
LEGACY_API_VERSION = "2023-06-01"
"""The version older request files were made for."""
# Documented for batches alone, on Opus 4.6 to 5.5 and Sonnet 4.6, 5 and 5.5; a real-time request with it is refused.
LONG_OUTPUT_BETA = "output-300k-2026-03-24"
LONG_OUTPUT_TOKENS = 300_000
CLOCK_SKEW_ALLOWED = timedelta(minutes=5)
"""How far apart this machine's clock and the API's may be when a lost answer is looked for."""
DIGEST_BYTES = 16
"""Of the digest of a request (`intake.request_digest`): among 10^12 requests two share one with 1 in 10^14."""
