/**
 * Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (2011): ten rounds that scramble a counter of four words under a key of two.
 */
export type Block = [number, number, number, number];

const ROUNDS = 10;
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The block of four words (as i32) for a counter and a key, whose words may be signed or not. */
export function philox(counter: Readonly<Block>, key0: number, key1: number): Block {
  let [c0, c1, c2, c3] = counter;
  for (let round = 0; round < ROUNDS; round++) {
    const k0 = key0 + Math.imul(round, W0);
    const k1 = key1 + Math.imul(round, W1);
    [c0, c1, c2, c3] = [mulHigh(M1, c2) ^ c1 ^ k0, Math.imul(M1, c2), mulHigh(M0, c0) ^ c3 ^ k1, Math.imul(M0, c0)];
  }
  return [c0 | 0, c1 | 0, c2 | 0, c3 | 0];
}

/** The upper 32 bits of the unsigned 64-bit product, by 16-bit halves: no partial sum exceeds 2³² − 1. */
function mulHigh(a: number, b: number): number {
  const [ah, al, bh, bl] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const carry = al * bh + (middle & 0xffff);
  return ah * bh + (middle >>> 16) + (carry >>> 16);
}
