/** Runs the bundled worker.mjs of a folder in miniflare (Node 22 or later): posts a body, prints the response. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { Miniflare } from 'miniflare';

const [folder, body] = argv.slice(2);
const module = (type, path) => ({ type, path, contents: readFileSync(join(folder, path)) });
const miniflare = new Miniflare({
  modules: [
    module('ESModule', 'worker.js'),
    module('CompiledWasm', 'infer-relaxed.wasm'),
    module('Data', 'lenet.phyllo'),
  ],
  compatibilityDate: '2026-07-01',
  // It would ask the network what to say of where requests come from.
  cf: false,
});
try {
  const request = { method: 'POST', body: Buffer.from(body, 'hex') };
  const response = await miniflare.dispatchFetch('http://localhost/', request);
  if (!response.ok) throw new Error(await response.text());
  stdout.write(Buffer.from(await response.arrayBuffer()).toString('hex'));
} finally {
  await miniflare.dispose();
}
