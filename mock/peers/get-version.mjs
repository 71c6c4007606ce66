// Gets the documented version by ImageKit's own SDK for Node.js.
// The SDK takes the address from IMAGE_KIT_BASE_URL and the key from IMAGEKIT_PRIVATE_KEY.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import ImageKit from '@imagekit/nodejs';

const documented = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const fileId = documented.fileId;
const imagekit = new ImageKit({ maxRetries: 0 });

const version = await imagekit.files.versions.get(documented.versionInfo.id, { fileId });
console.log(version);
assert.deepEqual({ ...version }, documented);

await assert.rejects(imagekit.files.versions.get('another', { fileId }), ImageKit.NotFoundError);
const stranger = new ImageKit({ maxRetries: 0, privateKey: 'private_of_a_stranger' });
await assert.rejects(stranger.files.versions.get('another', { fileId }), ImageKit.PermissionDeniedError);
