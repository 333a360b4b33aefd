/** Files of plans that were changed at random do no harm. */
import { PhylloError } from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { HEADER } from '../../ts/edge/format';
import { load } from '../../ts/edge/node';
import { binaries } from '../backends';
import { dice } from '../toy';
import { infer, mlp, pictures, words, x16, image, sentence, signed } from './plans';

beforeAll(() => useBackend(binaries.find(({ name }) => name === 'simd128')!));

describe('of files changed at random', () => {
  const FILES = 20_000;
  /** Numbers that no call should get by with, and some that one may. */
  const NASTY = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    64,
    255,
    256,
    4096,
    65535,
    65536,
    2 ** 20,
    2 ** 24,
    2 ** 30,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32 - 16,
    2 ** 32,
    2 ** 53,
    1e300,
    -0,
    -1,
    -2,
    -(2 ** 31),
    0.5,
    NaN,
    Infinity,
    -Infinity,
  ];

  /** One change. */
  function mutate(file: Uint8Array, roll: (n: number) => number): void {
    const header = new Uint32Array(file.buffer, 0, HEADER / 4);
    const calls = new Float64Array(file.buffer, HEADER + header[4]!, header[5]!);
    const some = (): number => roll(calls.length);
    switch (roll(8)) {
      case 0:
        file[roll(file.length)]! ^= 1 << roll(8);
        break;
      case 1:
        file[HEADER + roll(header[4]!)] = 0x20 + roll(0x5f);
        break;
      case 2:
        header[2 + roll(6)] = roll(2) ? roll(256) : 16 * roll(65536);
        break;
      case 3:
      case 4:
        calls[some()] = NASTY[roll(NASTY.length)]!;
        break;
      case 5: {
        const [i, j] = [some(), some()];
        [calls[i], calls[j]] = [calls[j]!, calls[i]!];
        break;
      }
      case 6:
        calls[some()]! += roll(33) - 16;
        break;
      case 7:
        calls[some()]! *= 2 ** (roll(9) - 4);
        break;
    }
  }

  test('each is refused or runs', () => {
    const originals = (
      [
        [mlp(), x16()],
        [pictures(), image(8)],
        [words(), sentence()],
      ] as const
    ).map(([f, x]) => f.plan(x).encode());
    const roll = dice(2024);
    const counts: Record<string, number> = {};
    let slowest = 0;
    for (let n = 0; n < FILES; n++) {
      let file = originals[n % originals.length]!.slice();
      const header = file.slice(0, HEADER);
      for (let changes = 1 + roll(3); changes > 0; changes--) {
        mutate(file, roll);
        // Later changes find their places by the header as it was.
        if (changes > 1) file.set(header.subarray(16), 16);
      }
      if (roll(20) === 0) file = file.slice(0, roll(file.length));
      else if (roll(20) > 0) signed(file);
      const start = performance.now();
      let outcome = 'ran';
      try {
        const net = load(file, { wasm: infer });
        net.run(
          Object.fromEntries(
            net.inputs.map(({ name, shape }) => [name, new Uint8Array(shape.reduce((a, b) => a * b, 1))]),
          ),
        );
      } catch (error) {
        if (!(error instanceof PhylloError)) throw new Error(`file ${n}: ${String(error)}`, { cause: error });
        const { name, what, cause } = error;
        // What a kernel checks itself ends in `unreachable`; any other trap is an address that was let through.
        if (cause instanceof WebAssembly.RuntimeError) expect(cause.message, `file ${n}: ${what}`).toBe('unreachable');
        expect(what).not.toContain('undefined');
        outcome = `${name}: ${what.replace(/^call \d+ \(.*?\): /, '').replace(/-?\d+/g, 'n')}`;
      }
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      slowest = Math.max(slowest, performance.now() - start);
    }
    console.log(
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([what, n]) => `${String(n).padStart(6)} ${what}`)
        .join('\n'),
    );
    console.log(`the slowest took ${slowest.toFixed()} ms`);
    expect(slowest).toBeLessThan(5000);
    expect(counts.ran).toBeGreaterThan(FILES / 20);
    expect(Object.keys(counts).length).toBeGreaterThan(10);
  }, 120_000);
});
