/** Figures, progress and the folder for results of `npm start`. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FileError } from 'phyllo';
import { ensureFolder } from '../../examples/files';
import { progress, type Output } from '../../examples/mnist/console';
import { count, duration, percent } from '../../examples/mnist/report';

test('figures', () => {
  expect([percent(0.98765), percent(NaN), percent(0.5, 0)]).toEqual(['98.77%', '–', '50%']);
  expect([count(1234567.8), count(0)]).toEqual(['1,234,568', '0']);
  expect([0, 59.94, 59.96, 75, 3599.7, 7320].map(duration)).toEqual([
    '0.0 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 15 s',
    '1 h 0 min',
    '2 h 2 min',
  ]);
});

describe('progress', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function recorder(properties: { isTTY?: boolean; columns?: number }): { output: Output; written: () => string } {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    return { output: Object.assign(stream, properties), written: () => chunks.join('') };
  }

  const epoch = { trainLoss: 0.25, trainAccuracy: 0.9, validationLoss: 0.125, validationAccuracy: 0.95 };

  /** One epoch of 1,000 samples in batches of 10, each taking `ms`. */
  function train(bar: ReturnType<typeof progress>, number: number, ms: number): void {
    bar.start(number);
    for (let seen = 10; seen <= 1000; seen += 10) {
      vi.advanceTimersByTime(ms);
      bar.update(seen, 0.5, 0.75);
    }
    bar.done(epoch);
  }

  test('off a terminal: a line a tenth when slow, the last line alone when fast, no control characters', () => {
    const { output, written } = recorder({});
    const bar = progress({ epochs: 12, samples: 1000 }, output);
    train(bar, 1, 250);
    train(bar, 2, 1);
    const printed = written().split('\n');
    expect(printed).toHaveLength(9 + 1 + 1 + 1);
    expect(printed[0]).toBe('epoch  1/12  10%  loss 0.5000  acc 75.00%  40 samples/s  0:23 left');
    expect(printed[8]).toMatch(/^epoch  1\/12  90%/);
    expect(printed[9]).toBe('epoch  1/12  train loss 0.2500 acc 90.00%  validation loss 0.1250 acc 95.00%  25.0 s');
    expect(printed[10]).toMatch(/^epoch  2\/12  train loss/);
    expect(printed[11]).toBe('');
    expect(written()).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });

  test.each([40, 120])('on a terminal of %i columns: a bar that fits and gives way to a line', columns => {
    const { output, written } = recorder({ isTTY: true, columns });
    const listeners = process.listenerCount('SIGINT');
    const bar = progress({ epochs: 1, samples: 1000 }, output);
    bar.start(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    vi.advanceTimersByTime(500);
    bar.update(500, 0.5, 0.75);
    vi.advanceTimersByTime(500);
    const drawn = written().split(/\x1b(?:\[\d*[A-Z]|\d)/);
    expect(Math.max(...drawn.map(line => line.length))).toBeLessThan(columns);
    const last = drawn.filter(line => line.length > 0).at(-1);
    if (columns === 120) expect(last).toMatch(/█{15}░{15} 50%  loss 0\.5000  acc 75\.00%  1,000 samples\/s  0:01 left/);
    bar.done(epoch);
    expect(written()).toMatch(/\x1b\[2Kepoch 1\/1  train loss 0\.2500/);
    expect(written()).not.toContain('\x1b[?'); // no mode to restore: neither cursor nor line wrapping
  });

  test('leaving the block before the epoch is over leaves no timer to keep the process alive', () => {
    {
      using bar = progress({ epochs: 1, samples: 10 }, recorder({ isTTY: true }).output);
      bar.start(1);
      expect(vi.getTimerCount()).toBe(1);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('no samples and no batches', () => {
    const { output, written } = recorder({});
    const bar = progress({ epochs: 1, samples: 0 }, output);
    bar.start(1);
    bar.update(0, NaN, NaN);
    bar.done(epoch);
    expect(written()).toMatch(/^epoch 1\/1  train loss.*\n$/);
  });
});

describe('ensureFolder', () => {
  let folder = '';
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'phyllo-files-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function expectRefused(path: string, reason: string): void {
    expect(() => ensureFolder(path)).toThrow(FileError);
    expect(() => ensureFolder(path)).toThrow(
      `${path === '' ? "''" : path}: no folder that files can be made in: ${reason}`,
    );
  }

  test('makes parents, and again', () => {
    const path = join(folder, 'a', 'b');
    ensureFolder(path);
    ensureFolder(path);
    expect(readdirSync(path)).toEqual([]);
  });

  test('says why not', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expectRefused(file, 'EEXIST');
    expectRefused(join(file, 'below'), 'ENOTDIR');
    expectRefused('', 'ENOENT');
  });

  test('refuses a folder that may not be written to', () => {
    chmodSync(folder, 0o555);
    asNobody(() => {
      expectRefused(folder, 'EACCES');
      expectRefused(join(folder, 'new'), 'EACCES');
    });
    chmodSync(folder, 0o755);
    expect(readdirSync(folder)).toEqual([]);
  });

  /** Root may write everywhere. */
  function asNobody(work: () => void): void {
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      work();
    } finally {
      if (root) process.seteuid?.(0);
    }
  }
});
