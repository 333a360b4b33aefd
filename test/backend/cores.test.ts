/** How many cores a process may use, by what Linux lists. */
import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { coresOf, physicalCores } from '../../ts/backend/wasm/cores';

const statusOf = (allowed: string): string =>
  `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\nMems_allowed_list:\t0\n`;
/** Processors 2k and 2k + 1 are of one core; or k and k + 4 are, of eight. */
const neighbours = (cpu: number): string => `${cpu & ~1}-${cpu | 1}\n`;
const halves = (cpu: number): string => `${cpu & 3},${(cpu & 3) + 4}\n`;

describe('coresOf', () => {
  test.each<[string, (cpu: number) => string, number]>([
    ['0-7', neighbours, 4],
    ['0,2,4,6', neighbours, 4],
    ['4-7', neighbours, 2],
    ['1-2', neighbours, 2],
    ['6,7', neighbours, 1],
    ['0-7', halves, 4],
    ['0-3', halves, 4],
    ['0-1,4-5', halves, 2],
    ['3,7', halves, 1],
    ['12', neighbours, 1],
    ['0-3', cpu => `${cpu}\n`, 4],
  ])('%s', (allowed, siblings, cores) => {
    expect(coresOf(statusOf(allowed), siblings)).toBe(cores);
  });
  test('of no list', () => {
    expect(() => coresOf('Name:\tnode\n', neighbours)).toThrow(RangeError);
  });
});

test('of this process there are no more than it may run threads at once', () => {
  expect(physicalCores()).toBeGreaterThanOrEqual(1);
  expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
});
