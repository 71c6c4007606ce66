// The official SDK for Node: URL AT_ONCE BEFORE CALLS, and one line of JSON, as the programs in Rust.
import ImageKit from '@imagekit/nodejs';

const [url, ...numbers] = process.argv.slice(2);
const [atOnce, before, calls] = numbers.map(Number);
const started = performance.now();
const client = new ImageKit({ privateKey: 'your_private_api_key', baseURL: url });

let failures = 0;

async function repeat(calls) {
  const worker = async () => {
    for (let call = 0; call < calls / atOnce; call++) {
      try {
        const version = await client.files.versions.get('697821f849c0a938d57563ce', {
          fileId: '598821f949c0a938d57563bd',
        });
        if (version.name !== 'file1.jpg') throw new Error(`unexpected: ${JSON.stringify(version)}`);
      } catch (error) {
        if (!failures++) console.error(`error: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

await repeat(before);
const used = process.cpuUsage();
await repeat(calls);
const { user, system } = process.cpuUsage(used);
console.log(
  JSON.stringify({
    seconds: (performance.now() - started) / 1e3,
    processor_seconds: (user + system) / 1e6,
    peak_bytes: process.resourceUsage().maxRSS * 1024,
    failed: failures / (before + calls),
  }),
);
process.exit(failures && 1);
