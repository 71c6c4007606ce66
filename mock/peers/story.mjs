// A whole story by ImageKit's own SDK for Node.js: what it uploads, it finds again, and changes as the API says.
// The SDK takes the address from IMAGE_KIT_BASE_URL and the key from IMAGEKIT_PRIVATE_KEY.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import ImageKit, { toFile } from '@imagekit/nodejs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
const base = process.env.IMAGE_KIT_BASE_URL;
const key = process.env.IMAGEKIT_PRIVATE_KEY;
const endpoint = `${base}/your_imagekit_id`;
const imagekit = new ImageKit({ maxRetries: 0 });

// A webhook, which this SDK cannot create itself yet.
const posted = [];
const receiver = createServer((request, response) => {
  const chunks = [];
  request.on('data', chunk => chunks.push(chunk)).on('end', () => {
    posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.end();
  });
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const created = await fetch(`${base}/v1/accounts/webhooks`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(key + ':')}`, 'content-type': 'application/json' },
  body: JSON.stringify({ endpoint: `http://127.0.0.1:${receiver.address().port}/`, events: ['file.created', 'folder.created'] }),
});
const webhook = await created.json();

// Folders and uploads.
await imagekit.folders.create({ folderName: 'node', parentFolderPath: '/' });
const upload = async (fileName, more = {}) =>
  imagekit.files.upload({ file: await toFile(PNG, fileName), fileName, folder: '/node', useUniqueFileName: false, ...more });
const coat = await upload('coat.png', { tags: ['coat', 'green'], isPrivateFile: true });
const shirt = await upload('shirt.png', { responseFields: ['tags', 'metadata'] });
const hat = await upload('hat.png');
assert.deepEqual([coat.width, coat.height, shirt.metadata.hasTransparency], [1, 1, true]);
assert.notEqual((await upload('coat.png', { useUniqueFileName: true })).name, 'coat.png');

// Lists, search and tags.
assert.equal((await imagekit.assets.list({ path: '/node', limit: 2 })).length, 2);
const search = { searchQuery: 'name = "coat.png" AND tags IN ["green"]' };
assert.deepEqual((await imagekit.assets.list(search)).map(it => it.fileId), [coat.fileId]);
await assert.rejects(imagekit.assets.list({ searchQuery: 'name' }), ImageKit.BadRequestError);
await imagekit.files.bulk.addTags({ fileIds: [shirt.fileId, hat.fileId], tags: ['new'] });
await imagekit.files.bulk.removeTags({ fileIds: [hat.fileId], tags: ['new'] });
assert.deepEqual((await imagekit.files.get(shirt.fileId)).tags, ['new']);

// Fields, and an update with null.
const field = await imagekit.customMetadataFields.create({ name: 'node_price', label: 'Node price', schema: { type: 'Number' } });
const set = await imagekit.files.update(coat.fileId, { customMetadata: { node_price: 9.5 }, customCoordinates: '0,0,1,1' });
assert.deepEqual(set.customMetadata, { node_price: 9.5 });
const cleared = await imagekit.files.update(coat.fileId, { tags: null, customCoordinates: null });
assert.deepEqual([cleared.tags, cleared.customCoordinates, cleared.customMetadata.node_price], [null, null, 9.5]);
await assert.rejects(imagekit.files.update(coat.fileId, { customMetadata: { node_price: 'cheap' } }), ImageKit.BadRequestError);
await imagekit.customMetadataFields.update(field.id, { label: 'Price by Node' });
await imagekit.customMetadataFields.delete(field.id);

// Versions.
const second = await upload('shirt.png');
assert.equal(second.fileId, shirt.fileId);
const versions = await imagekit.files.versions.list(shirt.fileId);
assert.deepEqual(versions.map(it => it.versionInfo.name), ['Version 2', 'Version 1']);
const oldest = versions[1].versionInfo.id;
const restored = await imagekit.files.versions.restore(oldest, { fileId: shirt.fileId });
assert.equal(restored.versionInfo.id, oldest);
await imagekit.files.versions.delete(second.versionInfo.id, { fileId: shirt.fileId });
await assert.rejects(imagekit.files.versions.get(second.versionInfo.id, { fileId: shirt.fileId }), ImageKit.NotFoundError);

// Copy, move and rename.
await imagekit.files.copy({ sourceFilePath: '/node/hat.png', destinationPath: '/node/copies' });
await imagekit.files.move({ sourceFilePath: '/node/copies/hat.png', destinationPath: '/node/moved' });
const renamed = await imagekit.files.rename({ filePath: '/node/moved/hat.png', newFileName: 'cap.png', purgeCache: true });
assert.equal((await imagekit.cache.invalidation.get(renamed.purgeRequestId)).status, 'Pending');
await assert.rejects(
  imagekit.files.rename({ filePath: '/node/hat.png', newFileName: 'coat.png' }), ImageKit.ConflictError);

// Jobs.
const done = async ({ jobId }) => {
  for (;;) {
    const job = await imagekit.folders.job.get(jobId);
    if (job.status === 'Completed') return job;
    await sleep(10);
  }
};
await done(await imagekit.folders.copy({ sourceFolderPath: '/node', destinationPath: '/node-copy' }));
const moving = await imagekit.folders.move({ sourceFolderPath: '/node-copy/node', destinationPath: '/node-target' });
await assert.rejects(
  imagekit.folders.rename({ folderPath: '/node-copy/node', newFolderName: 'x' }), error => error.status === 423);
await done(moving);
await done(await imagekit.folders.rename({ folderPath: '/node-target/node', newFolderName: 'renamed' }));
assert.equal((await imagekit.assets.list({ path: '/node-target/renamed/moved' }))[0].name, 'cap.png');
await imagekit.folders.delete({ folderPath: '/node-target' });

// Metadata, purges and delivery.
assert.equal((await imagekit.files.metadata.get(coat.fileId)).width, 1);
assert.equal((await imagekit.files.metadata.getFromURL({ url: shirt.url })).format, 'png');
const { requestId } = await imagekit.cache.invalidation.create({ url: shirt.url });
assert.equal((await imagekit.cache.invalidation.get(requestId)).status, 'Pending');
assert.equal((await fetch(coat.url)).status, 401);
const signed = imagekit.helper.buildSrc({ urlEndpoint: endpoint, src: '/node/coat.png', signed: true, expiresIn: 60 });
const delivered = await fetch(signed);
assert.deepEqual(Buffer.from(await delivered.arrayBuffer()), PNG);
const transformed = imagekit.helper.buildSrc({ urlEndpoint: endpoint, src: '/node/hat.png', transformation: [{ width: 1 }] });
assert.equal((await fetch(transformed)).headers.get('x-mock-transformation'), 'not applied');

// Uploads that a client signs.
const form = new FormData();
const secret = imagekit.helper.getAuthenticationParameters();
Object.entries({ ...secret, publicKey: 'public_imagekit_mock', fileName: 'signed.png' }).forEach(([name, text]) => form.set(name, text));
form.set('file', new Blob([PNG]), 'x');
assert.equal((await fetch(`${base}/api/v1/files/upload`, { method: 'POST', body: form })).status, 200);
assert.equal((await fetch(`${base}/api/v1/files/upload`, { method: 'POST', body: form })).status, 400);

// The account.
const origin = await imagekit.accounts.origins.create({ type: 'WEB_FOLDER', name: 'Shop', baseUrl: 'https://example.com' });
const address = await imagekit.accounts.urlEndpoints.create({ description: 'Shop', urlPrefix: 'shop', origins: [origin.id] });
assert.equal((await imagekit.accounts.urlEndpoints.list()).length, 2);
await assert.rejects(imagekit.accounts.origins.delete(origin.id), ImageKit.BadRequestError);
await imagekit.accounts.urlEndpoints.delete(address.id);
await imagekit.accounts.origins.delete(origin.id);
const small = await imagekit.namedTransformations.create({ name: 'node_small', transformation: 'w-150' });
assert.equal((await imagekit.namedTransformations.update(small.id, { enabled: false })).enabled, false);
await imagekit.namedTransformations.delete(small.id);
const saved = await imagekit.savedExtensions.create({ name: 'Tags', description: 'Tags', config: { name: 'google-auto-tagging', minConfidence: 90, maxTags: 2 } });
const extended = await imagekit.files.update(hat.fileId, { extensions: [{ name: 'saved-extension', id: saved.id }] });
assert.equal(extended.extensionStatus['google-auto-tagging'], 'success');
assert.equal(extended.AITags.length, 2);
const usage = await imagekit.accounts.usage.get({ startDate: '2026-01-01', endDate: '2026-01-31' });
assert.equal(typeof usage.bandwidthBytes, 'number');

// Deletion, with an id that belongs to nothing.
await assert.rejects(imagekit.files.bulk.delete({ fileIds: [hat.fileId, 'nothing'] }), error =>
  error.status === 404 && error.error.missingFileIds[0] === 'nothing');
const deleted = await imagekit.files.bulk.delete({ fileIds: [hat.fileId, shirt.fileId] });
assert.deepEqual(deleted.successfullyDeletedFileIds, [hat.fileId, shirt.fileId]);
await imagekit.files.delete(coat.fileId);
await assert.rejects(imagekit.files.get(coat.fileId), ImageKit.NotFoundError);

// Events, verified by the SDK.
while (!posted.some(it => it.body.includes('signed'))) await sleep(10);
const events = posted.map(it => imagekit.webhooks.unwrap(it.body, { headers: it.headers, key: webhook.secret }));
assert.ok(events.some(it => it.type === 'file.created' && it.data.fileId === coat.fileId));
assert.throws(() => imagekit.webhooks.unwrap(posted[0].body, { headers: posted[0].headers, key: 'whsec_wrong' }));

await assert.rejects(new ImageKit({ maxRetries: 0, privateKey: 'private_of_a_stranger' }).files.get('x'), ImageKit.PermissionDeniedError);
receiver.close();
console.log(`Node.js: ${events.length} events were verified`);
