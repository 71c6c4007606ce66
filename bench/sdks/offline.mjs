// The official SDK for Node: EVENT, what bench/src/offline.rs does, and one line of JSON.
import { readFileSync } from 'node:fs';
import ImageKit from '@imagekit/nodejs';
import { Webhook } from 'standardwebhooks';

const client = new ImageKit({ privateKey: 'your_private_api_key' });
// The program in Rust is given its expiry; here it comes from the clock.

const resized = () => ({
  urlEndpoint: 'https://ik.imagekit.io/demo',
  src: '/products/coat.jpg',
  transformation: [{ width: 300, height: 200, crop: 'at_max' }],
});
const layered = () => ({
  urlEndpoint: 'https://ik.imagekit.io/demo',
  src: '/products/coat.jpg',
  transformation: [
    { width: 300, height: 200 },
    {
      overlay: {
        type: 'image',
        input: 'brand/logo.png',
        position: { focus: 'top_left' },
        transformation: [{ width: 60 }],
      },
    },
    {
      overlay: {
        type: 'text',
        text: '50% off',
        position: { focus: 'bottom' },
        transformation: [{ fontSize: 32 }],
      },
    },
  ],
});

const key = 'whsec_of_a_benchmark';
const body = JSON.stringify(JSON.parse(readFileSync(process.argv[2], 'utf8')));
const sent = new Date();
const headers = {
  'webhook-id': 'msg_1',
  'webhook-timestamp': String(Math.floor(sent / 1000)),
  'webhook-signature': new Webhook(Buffer.from(key).toString('base64')).sign('msg_1', sent, body),
};

function measure(make) {
  const times = 50_000;
  let made;
  for (let time = 0; time < times; time++) made = make();
  const start = process.cpuUsage();
  for (let time = 0; time < times; time++) made = make();
  const { user, system } = process.cpuUsage(start);
  return { nanos: ((user + system) * 1000) / times, made };
}

console.log(
  JSON.stringify({
    resized: measure(() => client.helper.buildSrc(resized())),
    signed: measure(() => client.helper.buildSrc({ ...resized(), signed: true, expiresIn: 300 })),
    layered: measure(() => client.helper.buildSrc(layered())),
    event: measure(() => client.webhooks.unwrap(body, { headers, key })),
  }),
);
