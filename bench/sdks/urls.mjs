// The official SDK for Node: the URLs of bench/src/urls.rs, and one line of JSON.
import ImageKit from '@imagekit/nodejs';

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

function measure(build) {
  const times = 50_000;
  let url;
  for (let time = 0; time < times; time++) url = build();
  const start = process.cpuUsage();
  for (let time = 0; time < times; time++) url = build();
  const { user, system } = process.cpuUsage(start);
  return { nanos: ((user + system) * 1000) / times, url };
}

console.log(
  JSON.stringify({
    resized: measure(() => client.helper.buildSrc(resized())),
    signed: measure(() => client.helper.buildSrc({ ...resized(), signed: true, expiresIn: 300 })),
    layered: measure(() => client.helper.buildSrc(layered())),
  }),
);
