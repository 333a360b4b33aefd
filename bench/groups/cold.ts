import type { Row } from '../row';

/** From starting Node to the first result of the network 16-32-4, less what a script takes that only reads its data. */
export interface Cold {
  readonly kind: 'cold';
}

export const rows: readonly Row<Cold>[] = [{ name: 'cold-tiny', work: { kind: 'cold' }, unit: 'ms', amount: 1 }];
