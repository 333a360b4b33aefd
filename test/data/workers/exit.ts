/** Leaves loaders as they are: the process is to end by itself. Prints how many batches there were. */
import { DataLoader } from 'phyllo';
import { noisy } from './noisy';

const open = new DataLoader(noisy(8), { batchSize: 2, workers: 2 });
let count = 0;
for await (const _ of open) count++;
const left = new DataLoader(noisy(1000, { ms: 5 }), { batchSize: 2, workers: 2 })[Symbol.asyncIterator]();
for (let i = 0; i < 3; i++) await left.next().then(() => count++);
console.log(JSON.stringify(count));
