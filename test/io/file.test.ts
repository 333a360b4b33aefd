/** Writing files: whole or not at all, whatever comes between, and nothing left beside them. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { capture, FileError, PhylloError, tensor, ValueError, writeFile, type Tensor } from 'phyllo';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'phyllo-file-'))));
afterEach(() => rmSync(folder, { recursive: true }));

async function failure(writing: Promise<void>): Promise<PhylloError> {
  const error: unknown = await writing.then(
    () => null,
    (e: unknown) => e,
  );
  if (error instanceof PhylloError) return error;
  throw new Error(`no PhylloError, but ${String(error)}`);
}

/** Root may write everywhere. */
async function asNobody(work: () => Promise<void>): Promise<void> {
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    await work();
  } finally {
    if (root) process.seteuid?.(0);
  }
}

describe('writeFile', () => {
  test('writes text and bytes, at any offset, and replaces what was there', async () => {
    const path = join(folder, 'a.bin');
    await writeFile(path, 'old, and longer: é');
    expect(readFileSync(path, 'utf8')).toBe('old, and longer: é');
    await writeFile(path, Uint8Array.of(0, 1, 2, 255, 0).subarray(1, 4));
    expect([...readFileSync(path)]).toEqual([1, 2, 255]);
    await writeFile(path, '');
    expect(statSync(path).size).toBe(0);
    expect(readdirSync(folder)).toEqual(['a.bin']);
  });

  test('follows a link, which stays one', async () => {
    writeFileSync(join(folder, 'run-12'), 'old');
    symlinkSync('run-12', join(folder, 'latest'));
    await writeFile(join(folder, 'latest'), 'new');
    expect(readFileSync(join(folder, 'run-12'), 'utf8')).toBe('new');
    await writeFile(join(folder, 'run-12'), 'newer');
    expect(readFileSync(join(folder, 'latest'), 'utf8')).toBe('newer');
  });

  test('of many writes at once to one file, one stands whole', async () => {
    const path = join(folder, 'a');
    const contents = Array.from({ length: 20 }, (_, i) => `${i} `.repeat(10_000));
    await Promise.all(contents.map(content => writeFile(path, content)));
    expect(contents).toContain(readFileSync(path, 'utf8'));
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('says why it cannot, by the name that was given, and leaves nothing', async () => {
    writeFileSync(join(folder, 'file'), 'old');
    mkdirSync(join(folder, 'folder'));
    for (const [name, reason] of [
      ['folder', 'it is a folder'],
      ['none/a', 'there is no such folder'],
      ['file/a', 'a part of the path is a file, not a folder'],
      ['n'.repeat(256), 'the name is too long'],
    ] as const) {
      const path = join(folder, name);
      const error = await failure(writeFile(path, 'new'));
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toBe(`${path}: cannot be written: ${reason}`);
      expect(error.cause).toBeInstanceOf(Error);
    }
    expect(readdirSync(folder)).toEqual(['file', 'folder']);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });

  test('replaces no device by a file', async () => {
    for (const path of ['/dev/null', ...(process.platform === 'linux' ? ['/dev/full'] : [])]) {
      expect((await failure(writeFile(path, 'new'))).message).toMatch(/^\/dev\/\w+: cannot be written: it is a device/);
      expect(statSync(path).isCharacterDevice()).toBe(true);
    }
  });

  test('is refused a folder that is not to be written to', async () => {
    chmodSync(folder, 0o555);
    await asNobody(async () => {
      expect((await failure(writeFile(join(folder, 'a'), ''))).message).toMatch(/: permission denied$/);
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('keeps the permissions of the file that was there', async () => {
    const path = join(folder, 'a');
    writeFileSync(path, 'old');
    for (const mode of [0o600, 0o755]) {
      chmodSync(path, mode);
      await writeFile(path, 'new');
      expect(statSync(path).mode & 0o7777).toBe(mode);
    }
  });

  test('says so if the folder goes while it writes', async () => {
    const inner = join(folder, 'inner');
    mkdirSync(inner);
    const writing = failure(writeFile(join(inner, 'a'), new Uint8Array(2 ** 24)));
    while (readdirSync(inner).length === 0) await sleep(0);
    rmSync(inner, { recursive: true });
    expect((await writing).message).toMatch(
      /: cannot be written: somebody removed the file, or its folder, while it was written$/,
    );
  });

  test('takes a path and text or bytes, and nothing else', async () => {
    expect(await failure(writeFile('', ''))).toBeInstanceOf(ValueError);
    const url: unknown = new URL('file:///tmp/a');
    expect((await failure(writeFile(url as string, ''))).message).toMatch(/takes the path of a file, this is object/);
    for (const content of [undefined, 3, [1, 2], new Float32Array(2), new DataView(new ArrayBuffer(2))] as unknown[]) {
      const error = await failure(writeFile(join(folder, 'none', 'a'), content as string));
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toMatch(/^writeFile: content takes text or a Uint8Array, this is/);
    }
  });
});

describe('what is left beside a file', () => {
  const left = (): string[] => readdirSync(folder).filter(name => name.endsWith('.tmp'));
  /** So many seconds ago. */
  const put = (name: string, age: number): void => {
    writeFileSync(join(folder, name), 'half');
    const then = Date.now() / 1000 - age;
    utimesSync(join(folder, name), then, then);
  };
  const HOUR = 3600;
  const dead = (): number => spawnSync(process.execPath, ['--version']).pid;

  test('by a process that was killed while it wrote goes at a write an hour later', { timeout: 60_000 }, async () => {
    const path = join(folder, 'a');
    const source = `
      import { writeFile } from ${JSON.stringify(fileURLToPath(new URL('../../ts/io/file.ts', import.meta.url)))};
      const bytes = new Uint8Array(2 ** 27);
      for (let i = 1; ; i++) await writeFile(${JSON.stringify(path)}, bytes.fill(i));`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      stdio: 'inherit',
    });
    const gone = new Promise(resolve => child.once('exit', resolve));
    // Until it has written once, and is in the middle of the next.
    while (left().length === 0 || !readdirSync(folder).includes('a')) await sleep(1);
    child.kill('SIGKILL');
    await gone;
    expect(left()).toHaveLength(1);
    expect(statSync(path).size).toBe(2 ** 27);
    const [half] = left();
    await writeFile(path, 'new');
    expect(left()).toEqual([half]); // the process may be one of another host
    put(half!, HOUR + 1);
    await writeFile(path, 'new');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('stays, if it is young, or belongs to another file or to a process that lives', async () => {
    const [gone, own] = [dead(), process.pid];
    const others = ['b', 'a.b', 'aa'].map(name => `${name}.${gone}-x1.tmp`);
    const theirs = [`a.${process.ppid}-x1.tmp`, `a.${own}-x1.tmp`, `a.${gone}.tmp`, 'a.tmp', `a.${gone}-x1.tmp.gz`];
    const young = `a.${gone}-x3.tmp`;
    const began = process.uptime();
    for (const name of [...others, ...theirs]) put(name, name.includes(`.${own}-`) ? began / 2 : HOUR + 1);
    for (const name of [`a.${gone}-x1.tmp`, `a.${gone}-x2.tmp`]) put(name, HOUR + 1);
    put(young, HOUR / 2);
    await writeFile(join(folder, 'a'), 'new');
    expect(readdirSync(folder)).toEqual(['a', ...others, ...theirs, young].sort());
  });

  test('goes, if the process had the number of this one, before it', async () => {
    const name = `a.${process.pid}-x1.tmp`;
    put(name, Math.max(HOUR + 1, process.uptime() + 10));
    await writeFile(join(folder, 'a'), 'new');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  // The limit and its name are those of Linux.
  test.runIf(process.platform === 'linux')(
    'by a write that fails in the middle goes at once, and the older file stays',
    async () => {
      const path = join(folder, 'a');
      writeFileSync(path, 'old');
      const source = `
      import { writeFile } from ${JSON.stringify(fileURLToPath(new URL('../../ts/io/file.ts', import.meta.url)))};
      await writeFile(${JSON.stringify(path)}, new Uint8Array(2 ** 20)).catch(e => console.log(e.name, e.message));`;
      const limited = 'ulimit -f 100; exec "$0" --import tsx --input-type=module -e "$1"'; // of 512 bytes
      const { stdout } = spawnSync('sh', ['-c', limited, process.execPath, source], { encoding: 'utf8' });
      expect(stdout).toBe(`FileError ${path}: cannot be written: the file is larger than is allowed\n`);
      expect(readdirSync(folder)).toEqual(['a']);
      expect(readFileSync(path, 'utf8')).toBe('old');
    },
  );
});

test('plan.save writes what encode() gives, or says why not', async () => {
  const plan = capture((x: Tensor) => x.mul(2)).plan(tensor([1, 2]));
  const path = join(folder, 'double.phyllo');
  await plan.save(path);
  expect(new Uint8Array(readFileSync(path))).toEqual(plan.encode());
  const error = await failure(plan.save(join(folder, 'none', 'double.phyllo')));
  expect(error.message).toMatch(/none\/double\.phyllo: cannot be written: there is no such folder$/);
  expect(readdirSync(folder)).toEqual(['double.phyllo']);
});
