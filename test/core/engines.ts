/** Collecting on request, in each engine. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { sweep, type Engine } from '../../ts/core/collector';
import { engine } from '../../ts/engine';
import { backends, inUse } from '../toy';

setFlagsFromString('--expose-gc');
export const gc: unknown = runInNewContext('gc');

/** Collects until the finalisers have nothing left to do, and looks for dead handles where the engine can be asked. */
export async function collect(): Promise<void> {
  if (typeof gc !== 'function') throw new Error('no collector to call');
  for (let quiet = 0, blocks = -1; quiet < 3; ) {
    await new Promise(r => setTimeout(r, 1));
    Reflect.apply(gc, undefined, []);
    sweep();
    await new Promise(r => setTimeout(r, 1));
    quiet = inUse().blocks === blocks ? quiet + 1 : 0;
    blocks = inUse().blocks;
  }
}

/** As in Node, Deno and Bun, which collect when asked to, and as in browsers, which do not. */
const engines = [
  ['an engine that collects on request', engine()],
  ['one that does not', null],
] as const;
type Make = (typeof backends)[number][1];
export const cases: readonly (readonly [name: string, make: Make, engine: Engine | null])[] = backends.flatMap(
  ([name, make]) => engines.map(([kind, e]) => [`${name}, with ${kind}`, make, e] as const),
);

/** Runs f; whatever it left behind is gone once the collector has been. */
export async function returns(f: () => void | Promise<void>): Promise<{ left: number }> {
  await f(); // the first time makes constants
  await collect();
  const before = inUse();
  await f();
  const left = inUse().blocks - before.blocks;
  await collect();
  expect(inUse()).toEqual(before);
  return { left };
}
