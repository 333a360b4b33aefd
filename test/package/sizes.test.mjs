/** What bundles hold of phyllo is bounded, by each bundler with its defaults; how to print it: `npm run sizes`. */
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/setup/files.mjs';
import { PROGRAMS, sizesOf } from '../../scripts/sizes.mjs';

/** Three bundlers take their time on a busy machine. */
const TIMEOUT_MS = 300_000;

test(
  'bundles are small',
  async () => {
    const sizes = await sizesOf(ROOT);
    console.table(sizes);
    expect(Object.keys(sizes)).toEqual(Object.keys(PROGRAMS));
    const large = Object.entries(sizes).flatMap(([name, row]) =>
      Object.entries(row).filter(([bundler, size]) => !(size > 0 && size <= (PROGRAMS[name]?.most[bundler] ?? 0))),
    );
    expect(large).toEqual([]);
  },
  TIMEOUT_MS,
);
