/** What is given up before memory runs out. */
import { OutOfMemoryError } from './errors';

/** Frees what can be done without. */
type Reclaim = () => void;
const reclaims: Reclaim[] = [];
/** What an OutOfMemoryError says beside the sizes: who has the memory. */
const accounts: (() => string)[] = [];

/**
 * Has `reclaim` called when memory runs out, after those that came before; `account`, if given, is what the error says
 * of it if that did not help.
 */
export function onShortage(reclaim: Reclaim, account?: () => string): void {
  reclaims.push(reclaim);
  if (account) accounts.push(account);
}

/**
 * Calls f again after it failed with `error`, each time when something more was given up. f allocates, and has done
 * nothing yet when it fails for want of memory.
 *
 * @throws {unknown} the error, if it is another; an {@link OutOfMemoryError} that says who has the memory, if all was in
 *   vain.
 */
export function retry<T>(f: () => T, error: unknown): T {
  let last = error;
  for (const reclaim of reclaims) {
    if (!(last instanceof OutOfMemoryError)) throw last;
    reclaim();
    try {
      return f();
    } catch (e) {
      last = e;
    }
  }
  if (!(last instanceof OutOfMemoryError)) throw last;
  const who = accounts
    .map(account => account())
    .filter(text => text !== '')
    .join('; ');
  throw new OutOfMemoryError(last.where, who === '' ? last.what : `${last.what}; ${who}`, { cause: last });
}
