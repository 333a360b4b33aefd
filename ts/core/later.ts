/** Scopes of loops whose items come later: `for await`. */
import { whenGone } from './collector';
import type { Scope } from './lifetime';
import { runtime } from './runtime';
import { abandoning, close, open } from './scope';

/** Marks what was made in a scope, which awaits from here on: what is computed from it belongs there as well. */
export function suspend(s: Scope): void {
  for (let t = s.last; t !== null; t = t.previous) if (t.owner === s) t.loop = s;
  s.suspended = true;
}

/**
 * As `scoped`, over items that come later: of each a function, which makes it in its scope. The loop's body runs after an
 * await, so that no stack says that it is the body that is running: what is computed from the item belongs to the item's
 * scope, and what is not to the collector.
 *
 * @param name what errors call the loop.
 */
export function scopedLater<T>(source: AsyncIterator<() => T>, name: string): AsyncIterableIterator<T> {
  const last: { scope: Scope | null } = { scope: null };
  let around: Scope | null = null;
  let count = 0;
  let over = false;
  const end = (): void => {
    if (last.scope) close(last.scope);
    last.scope = null;
  };
  let ignore = (): void => {};
  const finish = (): void => {
    over = true;
    end();
    ignore();
  };
  const alive = (s: Scope | null): Scope | null => (s?.closed ? null : s);
  /** Makes an item in a scope of its own, which is not the one that is running then. */
  const made = (make: () => T): T => {
    const here = runtime.scope;
    const s = (last.scope = open(`batch ${count++} of ${name}`, false, alive(around)));
    try {
      const item = make();
      suspend(s);
      return item;
    } finally {
      runtime.scope = here;
    }
  };
  const iterator: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]() {
      return this; // not `iterator`: what is called when it is gone must not lead to it
    },
    async next() {
      end();
      around = runtime.scope ?? alive(around);
      try {
        const item = await source.next();
        end(); // of a call that did not wait for the one before
        if (!over && !item.done) return { done: false, value: made(item.value) };
      } catch (e) {
        finish();
        await source.return?.();
        throw e;
      }
      finish();
      return { done: true, value: undefined };
    },
    async return(value?: T) {
      finish();
      await source.return?.();
      return { done: true, value };
    },
  };
  ignore = whenGone(iterator, abandoning(last));
  return iterator;
}
