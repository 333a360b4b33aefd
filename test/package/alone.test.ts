/** Modules work whatever is loaded first: each is imported into an empty registry, before the entry. */
import { readdirSync } from 'node:fs';
import { sep } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const ts = new URL('../../ts/', import.meta.url);
/** Other runtimes' modules: one imports WebAssembly as workerd does, the others fetch it as browsers do. */
const ELSEWHERE = ['browser.ts', 'backend/wasm/browser.ts', 'edge/browser.ts', 'edge/workerd.ts', 'edge/wasm.d.ts'];
const modules = readdirSync(ts, { recursive: true, encoding: 'utf8' })
  .map(file => file.split(sep).join('/'))
  .filter(file => file.endsWith('.ts') && !ELSEWHERE.includes(file));

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.resetModules());

/** Adds, differentiates: tensors have their methods and a backend. */
async function computes(): Promise<number[]> {
  const { grad, tensor } = await import('phyllo');
  return [tensor([1, 2]).add(1).sum().item(), grad(x => x.square().sum())(tensor([3])).item()];
}

/** The whole package is compiled again for each. */
const TIMEOUT_MS = 60_000;

test.each(modules)(
  '%s first',
  async file => {
    const module: object = await import(new URL(file, ts).href);
    expect(await computes()).toEqual([5, 6]);
    const again: object = await import(new URL(file, ts).href);
    expect(again).toBe(module);
  },
  TIMEOUT_MS,
);
