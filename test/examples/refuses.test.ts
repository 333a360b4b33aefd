/** What `npm start` refuses before it begins. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

describe('the example refuses, before it begins:', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  afterAll(() => rmSync(folder, { recursive: true }));

  interface End {
    readonly code: unknown;
    readonly stdout: string;
    readonly stderr: string;
  }
  const run = (args: readonly string[], wasm: string): Promise<End> =>
    new Promise(resolve => {
      const script = ['--conditions=phyllo-source', '--import', 'tsx', 'examples/mnist/main.ts'];
      const options = { cwd: root, env: { ...process.env, PHYLLO_WASM: wasm }, timeout: 50_000 };
      execFile(process.execPath, [...script, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }),
      );
    });

  test.each<[string, string[], RegExp, string?]>([
    ['an unknown option', ['--epoch', '1'], /^error: unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [
      'no epochs',
      ['--epochs', '0'],
      /^error: option '--epochs <n>' argument '0' is invalid\. It takes a whole number from 1 to 10000\./,
    ],
    [
      'a learning rate in words',
      ['--lr', 'fast'],
      /^error: option '--lr <rate>' argument 'fast' is invalid\. It takes a number above 0\./,
    ],
    ['an unknown optimiser', ['--optimizer', 'lion'], /argument 'lion' is invalid\. Allowed choices are sgd, adam\./],
    ['what is no option', ['10'], /^error: too many arguments/],
    [
      'a folder that cannot be',
      ['--out', join(file, 'out')],
      /^error: .*out: no folder that files can be made in: ENOTDIR: not a directory.*\n$/,
    ],
    ['an unknown binary', [], /PHYLLO_WASM: takes simd128 or relaxed or checked, this is mmx/, 'mmx'],
  ])('%s', { timeout: 60_000 }, async (_, args, message, wasm = '') => {
    const { code, stdout, stderr } = await run(['--out', join(folder, 'runs'), ...args], wasm);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});
