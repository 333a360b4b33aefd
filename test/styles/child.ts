/** Runs styles one after the other: `child.ts TURNS NAME…`. Prints what each takes of memory, as a line of JSON. */
import { argv, exit } from 'node:process';
import type { Levels, Peaks, Report } from './report';

/** The linear memory of the package's binary. */
const memories: WebAssembly.Memory[] = [];
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports]) {
    const instance = new target(module, imports);
    for (const e of Object.values(instance.exports)) if (e instanceof WebAssembly.Memory) memories.push(e);
    return instance;
  },
});
const { memory } = await import('phyllo');
const { sweep, sweepAllowance } = await import('../../ts/core/collector');
const { STYLES } = await import('./styles');

const linear = (): number => memories.reduce((sum, m) => sum + m.buffer.byteLength, 0);

/** What cannot be freed now: the collector has been. */
function levels(): Levels {
  sweep();
  globalThis.gc!();
  const { rss, heapUsed } = process.memoryUsage();
  const { bytes, blocks } = memory();
  return { bytes, blocks, linear: linear(), heap: heapUsed, rss };
}

async function run(name: string, turns: number): Promise<Report> {
  const after = Math.min(500, Math.floor(turns / 5));
  const middle = Math.floor((after + turns) / 2);
  const peaks: [Peaks, Peaks] = [
    { bytes: 0, blocks: 0, linear: 0, rss: 0, allowance: 0 },
    { bytes: 0, blocks: 0, linear: 0, rss: 0, allowance: 0 },
  ];
  const at: Levels[] = [];
  let turn = 0;
  const note = (): void => {
    turn++;
    if (turn > after) {
      const half = peaks[turn > middle ? 1 : 0];
      const { bytes, blocks } = memory();
      half.bytes = Math.max(half.bytes, bytes);
      half.blocks = Math.max(half.blocks, blocks);
      half.linear = Math.max(half.linear, linear());
      half.allowance = Math.max(half.allowance, sweepAllowance());
      if (turn % 50 === 0 || turn === turns) half.rss = Math.max(half.rss, process.memoryUsage.rss());
    }
    if (turn === after || turn === middle || turn === turns) at.push(levels());
  };
  let error = '';
  try {
    await STYLES[name]!(turns, note);
  } catch (e) {
    error = String(e);
    at.push(levels());
  }
  return { name, turns: turn, at, peaks, error };
}

const [, , turns, ...names] = argv;
for (const name of names) console.log(JSON.stringify(await run(name, Number(turns))));
exit(); // whatever timers are left
