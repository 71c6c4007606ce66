"""The official SDK for Python: URL AT_ONCE BEFORE CALLS, and one line of JSON, as the programs in Rust."""

import asyncio
import json
import resource
import sys
import time

from imagekitio import AsyncImageKit, ImageKit

url = sys.argv[1]
at_once, before, calls = map(int, sys.argv[2:])
settings = {"private_key": "your_private_api_key", "base_url": url}
ids = {"version_id": "697821f849c0a938d57563ce", "file_id": "598821f949c0a938d57563bd"}


failures = 0


def failed(error):
    global failures
    if not failures:
        print(f"error: {error}", file=sys.stderr)
    failures += 1


def check(version):
    assert version.name == "file1.jpg", version


async def repeat_at_once(client, calls):
    async def worker():
        for _ in range(calls // at_once):
            try:
                check(await client.files.versions.get(**ids))
            except Exception as error:
                failed(error)

    await asyncio.gather(*(worker() for _ in range(at_once)))


async def many():
    client = AsyncImageKit(**settings)
    await repeat_at_once(client, before)
    started = time.process_time()
    await repeat_at_once(client, calls)
    return time.process_time() - started


def one():
    client = ImageKit(**settings)
    for _ in range(before):
        check(client.files.versions.get(**ids))
    started = time.process_time()
    for _ in range(calls):
        check(client.files.versions.get(**ids))
    return time.process_time() - started


started = time.perf_counter()
processor_seconds = one() if at_once == 1 else asyncio.run(many())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "processor_seconds": processor_seconds,
            "peak_bytes": peak,
            "failed": failures / (before + calls),
        }
    )
)
sys.exit(failures > 0)
