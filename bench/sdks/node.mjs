// The official SDK for Node: URL AT_ONCE CALLS, and one line of JSON, as the programs in Rust.
import ImageKit from '@imagekit/nodejs';

const [url, atOnce, calls] = [process.argv[2], +process.argv[3], +process.argv[4]];
const started = performance.now();
const client = new ImageKit({ privateKey: 'your_private_api_key', baseURL: url });

async function repeat(calls) {
  const worker = async () => {
    for (let call = 0; call < calls / atOnce; call++) {
      const version = await client.files.versions.get('697821f849c0a938d57563ce', {
        fileId: '598821f949c0a938d57563bd',
      });
      if (version.name !== 'file1.jpg') throw new Error(`unexpected: ${JSON.stringify(version)}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

await repeat(atOnce);
const before = process.cpuUsage();
await repeat(calls);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1e3,
    processor_seconds: (user + system) / 1e6,
    peak_bytes: process.resourceUsage().maxRSS * 1024,
  }),
);
process.exit();
