import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cargoCounts, vitestCounts } from '../../scripts/counts.mjs';
import { cacheHome, filesUnder, hashOf, isMade, markMade, ROOT } from '../../scripts/setup/files.mjs';
import { withLock } from '../../scripts/setup/lock.mjs';
import { modulesMatch } from '../../scripts/setup/modules.mjs';
import { duration, output, run, SetupError, step, times, withoutHosts } from '../../scripts/setup/process.mjs';
import { choose } from '../../scripts/setup/rust.mjs';

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
    const hash = () => hashOf([folder]);
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

  test('finds files in order, and none where nothing is', () => {
    const [b, c] = [put('b.rs', ''), put('a/c.rs', '')];
    expect(filesUnder(folder)).toEqual([c, b]);
    expect(filesUnder(b)).toEqual([b]);
    expect(filesUnder(join(folder, 'missing'))).toEqual([]);
  });
});

describe('stamps', () => {
  test('results are made with their stamp, of the same inputs, and as they were left', () => {
    const stamp = join(folder, 'stamps', 's');
    const results = [join(folder, 'dist'), put('result', '')];
    put('dist/a', '1');
    expect(isMade(stamp, 'h', results)).toBe(false);
    markMade(stamp, 'h', results);
    expect(isMade(stamp, 'h', results)).toBe(true);
    expect(isMade(stamp, 'i', results)).toBe(false);
    put('dist/of-an-older-build', '1');
    expect(isMade(stamp, 'h', results)).toBe(false);
    rmSync(join(folder, 'dist', 'of-an-older-build'));
    expect(isMade(stamp, 'h', results)).toBe(true);
    rmSync(join(folder, 'result'));
    expect(isMade(stamp, 'h', results)).toBe(false);
  });
});

describe('node modules', () => {
  const a = { version: '1.0.0' };
  const fsevents = { version: '2.0.0', optional: true };

  test('match when all that is not optional is there in the locked version, and nothing else', () => {
    const locked = { '': { version: '0.1.0' }, 'node_modules/a': a, 'node_modules/fsevents': fsevents };
    expect(modulesMatch(locked, { 'node_modules/a': a })).toBe(true);
    expect(modulesMatch(locked, { 'node_modules/a': a, 'node_modules/fsevents': fsevents })).toBe(true);
    expect(modulesMatch(locked, {})).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': { ...a, version: '1.0.1' } })).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': a, 'node_modules/fsevents': a })).toBe(false);
    expect(modulesMatch(locked, { 'node_modules/a': a, 'node_modules/b': a })).toBe(false);
  });
});

describe('the choice of Rust', () => {
  const own = '/home/a/.rustup';
  const rustup = { bin: '', own, sysroot: '/cache/std', minor: 95, linker: 'rust-lld', ready: false, source: false };
  const debian = { ...rustup, bin: '/usr/bin', minor: 96, linker: '/usr/bin/wasm-ld-19', source: true };

  test('takes the first that has the target, then one that can compile it', () => {
    expect(choose([])).toBeNull();
    expect(choose([null, rustup])).toBeNull();
    expect(choose([rustup, debian])).toBe(debian);
    const ready = { ...rustup, ready: true };
    expect(choose([debian, null, ready])).toBe(ready);
    const compiled = { ...debian, ready: true };
    expect(choose([rustup, compiled])).toBe(compiled);
    expect(choose([ready, compiled])).toBe(ready);
  });

  test('passes over what is too old', () => {
    expect(choose([{ ...rustup, ready: true, minor: 63 }])).toBeNull();
    expect(choose([{ ...rustup, ready: true, minor: 87 }, debian])).toBe(debian);
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

  test('is taken from a holder that is silent', async () => {
    const path = join(folder, 'lock');
    mkdirSync(path);
    const silent = new Date(Date.now() - 20_000);
    utimesSync(path, silent, silent);
    expect(await withLock(path, async () => statSync(path).mtimeMs)).toBeGreaterThan(silent.getTime());
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('is taken from a holder that was killed before the clock was put back', async () => {
    const path = join(folder, 'lock');
    mkdirSync(path);
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(path, later, later);
    expect(await withLock(path, async () => statSync(path).mtimeMs)).toBeLessThan(later.getTime());
  });

  test('is touched while it is held', async () => {
    const path = join(folder, 'lock');
    const touched = await withLock(path, async () => {
      const silent = new Date(Date.now() - 9_000);
      utimesSync(path, silent, silent);
      return vi.waitUntil(() => statSync(path).mtimeMs > silent.getTime(), 10_000);
    });
    expect(touched).toBe(true);
  });
});

test('what the system refuses is said in two lines, with where the set-up writes', () => {
  const file = put('file', '');
  const env = { ...process.env, XDG_CACHE_HOME: file };
  const script = `
    const { CACHE } = await import(${JSON.stringify(pathToFileURL(join(ROOT, 'scripts', 'setup', 'files.mjs')).href)});
    const { refusedBySystem } = await import(${JSON.stringify(pathToFileURL(join(ROOT, 'scripts', 'setup', 'process.mjs')).href)});
    try { (await import('node:fs')).mkdirSync(CACHE, { recursive: true }); } catch (e) { console.log(refusedBySystem(e)); }
    console.log(refusedBySystem(new TypeError('x')));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
  expect(said.split('\n').slice(0, 3)).toEqual([
    expect.stringMatching(/^ENOTDIR: not a directory, mkdir '.*file.phyllo'$/),
    `The set-up writes to ${ROOT} and, once per machine, to ${join(file, 'phyllo')}, which XDG_CACHE_HOME moves.`,
    'null',
  ]);
});

test('a relative XDG_CACHE_HOME is ignored', () => {
  expect(cacheHome('cache')).toBe(join(homedir(), '.cache'));
  expect(cacheHome(folder)).toBe(folder);
  expect(cacheHome()).toBe(cacheHome(''));
});

describe('programs', () => {
  const node = process.execPath;

  test('give what they print, in the environment they are given', async () => {
    const env = { PHYLLO_A: 'b' };
    const script = 'console.error("no"); console.log(process.env.PHYLLO_A, process.cwd() === process.argv[1])';
    expect(await run(node, ['-e', script, ROOT], { env, cwd: ROOT })).toBe('b true');
    expect(await output(node, '-p', '1 + 1')).toBe('2');
  });

  test('that fail say why: their last lines, and what was run', async () => {
    const script = 'for (let i = 0; i < 100; i++) console.log("line", i); throw new Error("https://mirror.example/a")';
    const failed = await run(node, ['-e', script]).catch(error => error);
    expect(failed).toBeInstanceOf(SetupError);
    expect(failed.message).toMatch(/line 99.*https:\/\/…\/a.*failed: .* -e for/s);
    expect(failed.message).not.toMatch(/line 1\b|mirror/);
    await expect(run('no-such-program', [])).rejects.toThrow(/no-such-program ENOENT/);
    expect(await output('no-such-program')).toBeNull();
    expect(await output(node, '-e', 'process.exit(1)')).toBeNull();
  });

  test('are steps, each with its time', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {});
    const before = times.length;
    expect(await step('a', 'making', async () => 1)).toBe(1);
    expect(await step('b', 'asking', async () => false)).toBe(false);
    await expect(step('c', 'failing', () => Promise.reject(new SetupError('broken')))).rejects.toThrow('broken');
    expect(said.mock.calls.flat()).toEqual([
      'a: making…',
      'a: done (0.0 s)',
      'b: asking…',
      'b: not possible here (0.0 s)',
      'c: failing…',
    ]);
    expect(times.slice(before)).toEqual([
      ['a', '0.0 s'],
      ['b', '0.0 s'],
    ]);
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
