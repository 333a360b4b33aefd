/** Runs the plan that save.mjs saved by phyllo/edge, without the rest: the same script in every runtime. */
import { load } from 'phyllo/edge';
import { digit, print } from './digit.mjs';

const plan = new URL('lenet.phyllo', import.meta.url);
const read = async () => (await import('node:fs/promises')).readFile(plan);
const request = async () => (await fetch(plan)).arrayBuffer();
const net = await load(await (plan.protocol === 'file:' ? read() : request()));
print(globalThis.PHYLLO_WASM ?? globalThis.process?.env.PHYLLO_WASM, net.run(digit));
