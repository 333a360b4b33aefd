import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);

test("the README's code runs as it stands, in about thirty lines, and prints what it says", () => {
  const [code, ...more] = Array.from(
    readFileSync(new URL('README.md', root), 'utf8').matchAll(/```js\n([\s\S]*?)```/g),
    m => m[1]!,
  );
  const lines = code!.split('\n').filter(l => l.trim() !== '' && !l.startsWith('//'));
  expect(lines.length).toBeLessThanOrEqual(40);
  const script = new URL(`readme.${process.pid}.mjs`, import.meta.url); // inside the package, where `phyllo` resolves
  const after = `
    const step = average.sub(weight).square().sum().item();
    console.log(classes.length, mean.size, step < 1e-9, best.length > 1000);
    console.log(nn.summary(net, [4, 16]), sgd.lr);
  `;
  writeFileSync(script, `${code}${more.join('')}${after}`);
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-readme-')); // what it writes
  try {
    const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const args = ['--conditions=phyllo-source', '--import', loader, fileURLToPath(script)];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/Float32Array\(4\) \[ 2, 3, 2, 3 \]/);
    expect(stdout).toMatch(/Float32Array\(3\) \[ 3, 12, 27 \]/);
    expect(stdout).toMatch(/338 parameters, 338 trained/);
    expect(stdout).toMatch(/^256 1 true true$/m);
    expect(stdout).toMatch(/^2,176 parameters, 2,176 trained 0\.1$/m);
    expect(existsSync(join(folder, 'net.safetensors'))).toBe(true);
    const losses = [...stdout.matchAll(/^\d (\S+) \d+$/gm)].map(m => Number(m[1]));
    expect(losses).toHaveLength(5);
    expect(losses[4]).toBeLessThan(losses[0]! / 2);
  } finally {
    rmSync(script);
    rmSync(folder, { recursive: true });
  }
}, 60_000);
