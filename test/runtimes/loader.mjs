/** Shuffles and sums what two workers make, and prints the sum with all its bits: the same script in every runtime. */
import { backendName, DataLoader } from 'phyllo';
import { noise } from './noise.mjs';

let ms = 0;
async function sum(workers) {
  let sum = 0;
  const loader = new DataLoader(noise(50), { batchSize: 8, shuffle: true, seed: 1, workers });
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const [x, t] of loader) {
      sum = Math.fround(sum * 0.5 + x.mul(t.add(1).unsqueeze(1)).sum().item());
      if (workers > 0) ms ||= performance.now();
    }
  }
  return sum;
}
const [alone, value] = [await sum(0), await sum(2)];
if (value !== alone) throw new Error(`two workers give ${value}, and none ${alone}`);
const bits = new DataView(new Float32Array([value]).buffer).getUint32(0, true).toString(16).padStart(8, '0');
console.log(JSON.stringify({ binary: backendName(), value, bits, ms }));
