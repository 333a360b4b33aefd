import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cargoCounts, vitestCounts } from '../../scripts/counts.mjs';
import { isStale, withLock } from '../../scripts/setup/lock.mjs';
import { ROOT } from '../../scripts/setup/places.mjs';
import { duration, withoutHosts } from '../../scripts/setup/report.mjs';
import { choose } from '../../scripts/setup/rust.mjs';
import { freshFolder, replace } from '../../scripts/setup/scrap.mjs';
import { filesUnder, hashOf, isCurrent, modulesMatch, writeStamp } from '../../scripts/setup/stamp.mjs';

/** A folder of its own for each test. */
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-setup-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** @param {string} name @param {string} text */
function put(name, text) {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

describe('hashing', () => {
  test('depends on names, contents and where one file ends', () => {
    const hash = () => hashOf(folder, filesUnder([folder]));
    put('a/x', 'one');
    put('b', 'two');
    const first = hash();
    expect(hash()).toBe(first);
    utimesSync(join(folder, 'b'), new Date(0), new Date(0));
    expect(hash()).toBe(first);
    put('b', 'three');
    expect(hash()).not.toBe(first);
    put('b', 'two');
    expect(hash()).toBe(first);
    put('c', '');
    expect(hash()).not.toBe(first);
    rmSync(join(folder, 'c'));
    put('a/x', 'onet');
    put('b', 'wo');
    expect(hash()).not.toBe(first);
  });

  test('finds files in order, keeps those asked for, leaves out what is missing', () => {
    put('b.rs', '');
    put('a/c.rs', '');
    put('a/c.txt', '');
    const found = filesUnder([folder, join(folder, 'missing')], path => path.endsWith('.rs'));
    expect(found).toEqual([join(folder, 'a', 'c.rs'), join(folder, 'b.rs')]);
  });
});

describe('stamps', () => {
  test('a result is current with its stamp, its inputs and itself in place', () => {
    const stamp = join(folder, 'stamps', 's');
    const result = put('result', '');
    expect(isCurrent(stamp, 'h', [result])).toBe(false);
    writeStamp(stamp, 'h');
    expect(isCurrent(stamp, 'h', [result])).toBe(true);
    expect(isCurrent(stamp, 'i', [result])).toBe(false);
    rmSync(result);
    expect(isCurrent(stamp, 'h', [result])).toBe(false);
  });
});

describe('scraps', () => {
  test('a fresh folder is empty, alone and new', () => {
    const parent = join(folder, 'scrap');
    const first = freshFolder(parent);
    put('scrap/half/made', '');
    const second = freshFolder(parent);
    expect(second).not.toBe(first);
    expect(readdirSync(parent)).toEqual([basename(second)]);
    expect(readdirSync(second)).toEqual([]);
  });

  test('replace puts folders and files in the place of older ones', () => {
    for (const text of ['old', 'new']) {
      put('scrap/out/file', text);
      put('scrap/single', text);
      replace(join(folder, 'scrap', 'out'), join(folder, 'out'));
      replace(join(folder, 'scrap', 'single'), join(folder, 'deep', 'single'));
    }
    expect(filesUnder([folder])).toEqual([join(folder, 'deep', 'single'), join(folder, 'out', 'file')]);
    expect(readFileSync(join(folder, 'out', 'file'), 'utf8')).toBe('new');
    expect(readFileSync(join(folder, 'deep', 'single'), 'utf8')).toBe('new');
  });
});

describe('node modules', () => {
  const a = { version: '1.0.0', integrity: 'x' };
  const fsevents = { version: '2.0.0', integrity: 'y', optional: true };

  test('match when all that is not optional is there in the locked version, and nothing else', () => {
    const locked = { '': { version: '0.1.0' }, 'node_modules/a': a, 'node_modules/fsevents': fsevents };
    expect(modulesMatch(locked, { 'node_modules/a': a })).toBe(true);
    expect(modulesMatch(locked, { 'node_modules/a': a, 'node_modules/fsevents': fsevents })).toBe(true);
    expect(modulesMatch(locked, {})).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': { ...a, version: '1.0.1' } })).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': { ...a, integrity: 'z' } })).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': a, 'node_modules/b': a })).toBe(false);
  });
});

describe('the choice of Rust', () => {
  const rustup = {
    bin: '/home/a/.cargo/bin',
    minor: 95,
    id: '1.95.0',
    rustup: true,
    linker: null,
    linked: true,
    target: false,
    source: null,
    sysroot: null,
  };
  const debian = {
    ...rustup,
    bin: '/usr/bin',
    minor: 96,
    rustup: false,
    linker: '/usr/bin/wasm-ld-19',
    source: '/usr/src',
  };

  test('takes the first that has the target, then one that can compile it', () => {
    expect(choose([])).toBeNull();
    expect(choose([rustup])).toBeNull();
    expect(choose([rustup, debian])).toBe(debian);
    const ready = { ...rustup, target: true };
    expect(choose([debian, ready])).toBe(ready);
    const compiled = { ...debian, sysroot: '/cache/std' };
    expect(choose([rustup, compiled])).toBe(compiled);
    expect(choose([ready, compiled])).toBe(ready);
  });

  test('passes over what is too old or cannot link', () => {
    expect(choose([{ ...rustup, target: true, minor: 63 }])).toBeNull();
    expect(choose([{ ...debian, linker: null, linked: false }])).toBeNull();
  });
});

describe('the lock', () => {
  test('lets one in at a time and is gone afterwards', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {});
    const path = join(folder, 'lock');
    let inside = 0;
    let most = 0;
    const enter = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside);
        await new Promise(resolve => setTimeout(resolve, 30));
        inside--;
      });
    await Promise.all([enter(), enter(), enter()]);
    expect(most).toBe(1);
    expect(said.mock.calls).toEqual(Array(2).fill(['another set-up is running: waiting for it…']));
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('is released when the work fails', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(path, async () => 'in')).toBe('in');
  });

  test('is stale when its holder is gone or silent', async () => {
    const path = put('lock', `${process.pid} 0`);
    expect(isStale(path)).toBe(false);
    const silent = new Date(Date.now() - 120_000);
    utimesSync(path, silent, silent);
    expect(isStale(path)).toBe(true);
    // No process has this number: it is above the largest that systems hand out.
    writeFileSync(path, '99999999 0');
    expect(isStale(path)).toBe(true);
    expect(await withLock(path, async () => 'in')).toBe('in');
    expect(isStale(path)).toBe(false);
  });
});

describe('reports', () => {
  test('durations', () => {
    expect([40, 9_940, 59_400, 119_600].map(duration)).toEqual(['0.0 s', '9.9 s', '59 s', '2 min 0 s']);
  });

  test('logs name no host', () => {
    expect(withoutHosts('GET https://mirror.example:443/a/b "http://x.example" done')).toBe(
      'GET https://…/a/b "http://…" done',
    );
  });

  test('wasm-bindgen has one version, in the crate and in the tool that is applied to it', () => {
    /** @param {string} crate @param {string} folder */
    const version = (crate, folder) =>
      new RegExp(`^name = "${crate}"\nversion = "(.+)"`, 'm').exec(
        readFileSync(join(ROOT, folder, 'Cargo.lock'), 'utf8'),
      )?.[1];
    expect(version('wasm-bindgen', '.')).toMatch(/^0\.2\./);
    expect(version('wasm-bindgen-cli-support', 'scripts/bindgen')).toBe(version('wasm-bindgen', '.'));
  });

  test('counts add up, and a run without results is a failure', () => {
    const cargo =
      'test result: ok. 3 passed; 0 failed; 0 ignored;\n…\ntest result: FAILED. 2 passed; 1 failed; 0 ignored;\n';
    expect(cargoCounts(cargo, false)).toEqual({ passed: 5, failed: 1 });
    expect(cargoCounts('error: could not compile', false)).toEqual({ passed: 0, failed: 1 });
    expect(cargoCounts('test result: ok. 3 passed; 0 failed;', false)).toEqual({ passed: 3, failed: 1 });
    const report = { numPassedTests: 4, numFailedTests: 0, testResults: [{ status: 'passed', assertionResults: [1] }] };
    expect(vitestCounts(report, true)).toEqual({ passed: 4, failed: 0 });
    expect(vitestCounts(report, false)).toEqual({ passed: 4, failed: 1 });
    expect(vitestCounts({ ...report, numPassedTests: 0 }, true)).toEqual({ passed: 0, failed: 1 });
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [1] },
    ];
    expect(vitestCounts({ numPassedTests: 4, numFailedTests: 1, testResults }, false)).toEqual({
      passed: 4,
      failed: 2,
    });
  });
});
