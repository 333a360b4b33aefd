/** What is packed is read rightly by Node, TypeScript and bundlers. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/setup/files.mjs';
import { npm } from '../../scripts/setup/modules.mjs';

const TIMEOUT_MS = 120_000;

let folder = '';
let tarball = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'phyllo-manifest-'));
  const { command, args } = npm('pack', '--silent', '--pack-destination', folder);
  execFileSync(command, args, { cwd: ROOT });
  tarball = join(folder, readdirSync(folder).find(name => name.endsWith('.tgz')) ?? '');
}, TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(
  'publint finds nothing',
  async () => {
    const { messages, pkg } = await publint({ pkgDir: ROOT, strict: true });
    // The condition `phyllo-source` is for work on phyllo: sources are not packed.
    const found = messages.filter(message => !JSON.stringify(message).includes('phyllo-source'));
    expect(found.map(message => formatMessage(message, pkg, { color: false }))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'are the types wrong? They are not, of any entry',
  () => {
    const packages = readdirSync(join(ROOT, 'dist', 'node')).map(file => file.replace('.js', ''));
    expect(packages).toContain('nn');
    const entries = packages.map(name => (name === 'index' ? '.' : name));
    const attw = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
    // Requiring an ES module is for Node from 22 on.
    const args = [attw, tarball, '--profile', 'esm-only', '--format', 'json', '--entrypoints', ...entries, 'edge'];
    const { analysis } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    expect(Object.keys(analysis.entrypoints)).toHaveLength(entries.length + 1);
    expect(analysis.problems.filter(({ resolutionKind = '' }) => /esm|bundler/.test(resolutionKind))).toEqual([]);
  },
  TIMEOUT_MS,
);
