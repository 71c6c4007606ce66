"""Gets the documented version by ImageKit's own SDK for Python.

The SDK takes the address from IMAGE_KIT_BASE_URL and the key from IMAGEKIT_PRIVATE_KEY.
"""

import json
import sys

import imagekitio

with open(sys.argv[1], encoding="utf-8") as file:
    documented = json.load(file)
ids = {"version_id": documented["versionInfo"]["id"], "file_id": documented["fileId"]}
imagekit = imagekitio.ImageKit(max_retries=0)

version = imagekit.files.versions.get(**ids)
print(json.dumps(version.to_dict(), default=str, indent=2))
assert version.to_dict() == documented, "not the documented version"

try:
    imagekit.files.versions.get(**ids | {"version_id": "another"})
    raise AssertionError("there is no such version")
except imagekitio.NotFoundError:
    pass

try:
    imagekit.with_options(private_key="private_of_a_stranger").files.versions.get(**ids)
    raise AssertionError("the key is wrong")
except imagekitio.PermissionDeniedError:
    pass
