/**
 * The programs of this folder, which have workers: bundled from the sources, since a thread that reads TypeScript takes
 * seconds to start. A module of a dataset is an entry of its own, and shares the library with the programs in chunks.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = realpathSync(mkdtempSync(join(tmpdir(), 'phyllo-workers-')));
/** As deep as the sources that name the binaries. */
const folder = join(root, 'test', 'data', 'workers');
export const removePrograms = (): void => rmSync(root, { recursive: true });

export async function buildPrograms(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../../generated', import.meta.url)), join(root, 'generated'), 'junction');
  const sources = readdirSync(here).filter(file => file.endsWith('.ts') && file !== 'programs.ts');
  await build({
    entryPoints: sources.map(file => join(here, file)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    conditions: ['phyllo-source'],
    logLevel: 'error',
  });
}

const TIMEOUT_MS = 200_000;
/** What runs out of memory does so soon. */
const OPTIONS = ['--expose-gc', '--max-old-space-size=256'];
export interface Printed {
  /** Of a program that prints JSON. */
  readonly value: unknown;
  readonly stderr: string;
}
/** What a program prints. Rejects if it fails, or does not end. */
export async function run(name: string, ...args: readonly string[]): Promise<Printed> {
  return print([...OPTIONS, join(folder, `${name}.mjs`), ...args]);
}
/** The same of the source, as tsx reads it. */
export async function runSource(name: string, ...args: readonly string[]): Promise<Printed> {
  const register = new URL('register.mjs', import.meta.url).href;
  return print(['--conditions=phyllo-source', '--import', register, join(here, `${name}.ts`), ...args]);
}
async function print(args: readonly string[]): Promise<Printed> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: TIMEOUT_MS });
  return { value: JSON.parse(stdout), stderr };
}
