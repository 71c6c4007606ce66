"""A whole story by ImageKit's own SDK for Python: what it uploads, it finds again, and changes as the API says.

The SDK takes the address from IMAGE_KIT_BASE_URL and the key from IMAGEKIT_PRIVATE_KEY.
"""

import base64
import http.server
import os
import threading
import time
import urllib.error
import urllib.request

import imagekitio

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
ENDPOINT = os.environ["IMAGE_KIT_BASE_URL"] + "/your_imagekit_id"
imagekit = imagekitio.ImageKit(max_retries=0)


def refused(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


# A webhook, and what it receives.
posted = []


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        posted.append((dict(self.headers), body.decode()))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
webhook = imagekit.accounts.webhooks.create(
    endpoint=f"http://127.0.0.1:{receiver.server_port}/",
    events=["file.created", "file-version.created", "folder.created", "folder.deleted"],
)
assert [it.id for it in imagekit.accounts.webhooks.list() if it.secret == webhook.secret] == [webhook.id]

# Folders and uploads.
imagekit.folders.create(folder_name="python", parent_folder_path="/")


def upload(name, **more):
    options = {"folder": "/python", "use_unique_file_name": False} | more
    return imagekit.files.upload(file=PNG, file_name=name, **options)


coat = upload("coat.png", tags=["coat", "green"], is_private_file=True)
shirt = upload("shirt.png", response_fields=["tags", "metadata"])
hat = upload("hat.png")
assert (coat.width, coat.height, shirt.metadata.has_transparency) == (1, 1, True)
assert upload("coat.png", use_unique_file_name=True).name != "coat.png"

# Lists, search and tags.
assert len(imagekit.assets.list(path="/python", limit=2)) == 2
found = imagekit.assets.list(search_query='name = "coat.png" AND tags IN ["green"] AND path = "/python"')
assert [it.file_id for it in found] == [coat.file_id]
refused(imagekitio.BadRequestError, lambda: imagekit.assets.list(search_query="name"))
imagekit.files.bulk.add_tags(file_ids=[shirt.file_id, hat.file_id], tags=["new"])
imagekit.files.bulk.remove_tags(file_ids=[hat.file_id], tags=["new"])
assert imagekit.files.get(shirt.file_id).tags == ["new"]

# Fields, and an update with None.
field = imagekit.custom_metadata_fields.create(name="python_price", label="Python price", schema={"type": "Number"})
updated = imagekit.files.update(coat.file_id, custom_metadata={"python_price": 9.5}, custom_coordinates="0,0,1,1")
assert updated.custom_metadata == {"python_price": 9.5}
cleared = imagekit.files.update(coat.file_id, tags=None, custom_coordinates=None)
assert (cleared.tags, cleared.custom_coordinates) == (None, None)
refused(
    imagekitio.BadRequestError,
    lambda: imagekit.files.update(coat.file_id, custom_metadata={"python_price": "cheap"}),
)
imagekit.custom_metadata_fields.delete(field.id)

# Versions.
second = upload("shirt.png")
assert second.file_id == shirt.file_id
versions = imagekit.files.versions.list(shirt.file_id)
assert [it.version_info.name for it in versions] == ["Version 2", "Version 1"]
oldest = versions[1].version_info.id
assert imagekit.files.versions.restore(oldest, file_id=shirt.file_id).version_info.id == oldest
imagekit.files.versions.delete(second.version_info.id, file_id=shirt.file_id)

# Copy, move and rename.
imagekit.files.copy(source_file_path="/python/hat.png", destination_path="/python/copies")
imagekit.files.move(source_file_path="/python/copies/hat.png", destination_path="/python/moved")
renamed = imagekit.files.rename(file_path="/python/moved/hat.png", new_file_name="cap.png", purge_cache=True)
assert imagekit.cache.invalidation.get(renamed.purge_request_id).status == "Pending"
refused(
    imagekitio.ConflictError,
    lambda: imagekit.files.rename(file_path="/python/hat.png", new_file_name="coat.png"),
)


# Jobs.
def wait(job):
    while imagekit.folders.job.get(job.job_id).status != "Completed":
        time.sleep(0.01)


wait(imagekit.folders.copy(source_folder_path="/python", destination_path="/python-copy"))
wait(imagekit.folders.move(source_folder_path="/python-copy/python", destination_path="/python-target"))
wait(imagekit.folders.rename(folder_path="/python-target/python", new_folder_name="renamed"))
assert imagekit.assets.list(path="/python-target/renamed/moved")[0].name == "cap.png"
imagekit.folders.delete(folder_path="/python-target")

# Metadata, purges and delivery.
assert imagekit.files.metadata.get(coat.file_id).width == 1
assert imagekit.files.metadata.get_from_url(url=shirt.url).format == "png"
assert imagekit.cache.invalidation.create(url=shirt.url).request_id
assert refused(urllib.error.HTTPError, lambda: urllib.request.urlopen(coat.url)).code == 401
signed = imagekit.helper.build_url(url_endpoint=ENDPOINT, src="/python/coat.png", signed=True, expires_in=60)
assert urllib.request.urlopen(signed).read() == PNG

# Deletion, with an id that belongs to nothing.
error = refused(
    imagekitio.NotFoundError,
    lambda: imagekit.files.bulk.delete(file_ids=[hat.file_id, "nothing"]),
)
assert error.body["missingFileIds"] == ["nothing"]
deleted = imagekit.files.bulk.delete(file_ids=[hat.file_id, shirt.file_id])
assert deleted.successfully_deleted_file_ids == [hat.file_id, shirt.file_id]
imagekit.files.delete(coat.file_id)
refused(imagekitio.NotFoundError, lambda: imagekit.files.get(coat.file_id))

# Events, verified by the SDK.
imagekit.folders.create(folder_name="last", parent_folder_path="/python")
while '"last"' not in "".join(body for _, body in posted):
    time.sleep(0.01)
events = [imagekit.webhooks.unwrap(body, headers=headers, key=webhook.secret) for headers, body in posted]
assert any(it.type == "file.created" and it.data.file_id == coat.file_id for it in events)
imagekit.accounts.webhooks.delete(webhook.id)

stranger = imagekit.with_options(private_key="private_of_a_stranger")
refused(imagekitio.PermissionDeniedError, lambda: stranger.files.get("x"))
print(f"Python: {len(events)} events were verified")
