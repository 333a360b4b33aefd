/** What is given up before memory runs out. */
import type { Backend } from '../backend/backend';
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
 * The address of fresh memory. Where there is none, all that can be given up is, and it is tried again.
 *
 * @throws {OutOfMemoryError}
 */
export function allocate(backend: Backend, bytes: number): number {
  try {
    return backend.alloc(bytes);
  } catch (e) {
    if (!(e instanceof OutOfMemoryError)) throw e;
    return insist(backend, bytes, e);
  }
}

function insist(backend: Backend, bytes: number, first: OutOfMemoryError): number {
  let last = first;
  for (const reclaim of reclaims) {
    reclaim();
    try {
      return backend.alloc(bytes);
    } catch (e) {
      if (!(e instanceof OutOfMemoryError)) throw e;
      last = e;
    }
  }
  const who = accounts.map(account => account()).filter(text => text !== '').join('; ');
  throw new OutOfMemoryError(last.where, who === '' ? last.what : `${last.what}; ${who}`, { cause: last });
}
