// A server over TLS 1.3 on the OpenSSL of Node: CERTIFICATE KEY BODY; prints its address.
//
// It answers without the HTTP of Node, since what is timed is the handshake.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';

const [cert, key, body] = process.argv.slice(2, 5).map((path) => readFileSync(path));
const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
const response = Buffer.concat([Buffer.from(head), body]);
const server = createServer({ cert, key, minVersion: 'TLSv1.3' }, (socket) => {
  socket.on('data', (bytes) => bytes.includes('\r\n\r\n') && socket.write(response));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${server.address().port}`));
