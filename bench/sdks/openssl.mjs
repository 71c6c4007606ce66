// A server over TLS 1.3 on the OpenSSL of Node: CERTIFICATE KEY BODY; prints its address.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';

const [cert, key, body] = process.argv.slice(2, 5).map((path) => readFileSync(path));
const server = createServer({ cert, key, minVersion: 'TLSv1.3' }, (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body);
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
