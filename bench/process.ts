/** One library in a process of its own: does what the contest asks for, on one piece of work at a time. */
import { argv } from 'node:process';
import type { Warm } from './groups/all';
import { isLibrary, type Library, load } from './library';
import { Stopwatch } from './measure';
import type { Limit, Task } from './row';

export type Request =
  | { readonly ask: 'version' | 'limits' | 'free' }
  /** Prepares work, runs it and gives the result. */
  | { readonly ask: 'prepare'; readonly work: Warm }
  | { readonly ask: 'time'; readonly samples: number; readonly budgetMs: number };

export type Reply =
  | { readonly is: 'done' }
  | { readonly is: 'version'; readonly version: string }
  | { readonly is: 'limits'; readonly limits: Limit | null }
  | { readonly is: 'ready'; readonly result: Float64Array | null }
  | { readonly is: 'unable'; readonly why: string }
  | { readonly is: 'times'; readonly times: readonly number[] }
  | { readonly is: 'error'; readonly why: string };

let task: Task | null = null;
let watch: Stopwatch | null = null;

async function answer(library: Library, request: Request): Promise<Reply> {
  switch (request.ask) {
    case 'version':
      return { is: 'version', version: library.version };
    case 'limits':
      return { is: 'limits', limits: (await library.limits?.()) ?? null };
    case 'prepare': {
      const prepared = await library.prepare(request.work);
      if (typeof prepared === 'string') return { is: 'unable', why: prepared };
      task = prepared;
      // Only a second step of training shows what the first one changed.
      if ('optimizer' in request.work || request.work.kind === 'charlm') await task.run();
      await task.run();
      const result = await task.result?.();
      return { is: 'ready', result: result ? Float64Array.from(result) : null };
    }
    case 'time': {
      if (!task) throw new Error('nothing is prepared');
      watch ??= await Stopwatch.warm(task);
      return { is: 'times', times: await watch.samples(request.samples, request.budgetMs) };
    }
    case 'free':
      task?.free?.();
      task = watch = null;
      return { is: 'done' };
  }
}

const name = argv[2];
if (!isLibrary(name)) throw new Error(`no library is called ${name}`);
const library = await load(name);
const send = (reply: Reply): void => void process.send?.(reply);
process.on('message', (request: Request) => {
  answer(library, request).then(send, (error: unknown) => {
    send({ is: 'error', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
// Some libraries leave something open that would keep the process.
process.once('disconnect', () => process.exit());
send({ is: 'done' });
