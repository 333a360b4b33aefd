/** How many threads compute, unless the user says: a core for each. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { arch, platform } from 'node:process';

/**
 * The physical cores that this process may use, as far as the system tells: two threads of one core share what multiplies,
 * so that kernels gain nothing by the second.
 */
export function physicalCores(): number {
  const logical = availableParallelism();
  if (logical < 2) return 1;
  // Where nothing can be asked, desktop processors of this kind have two threads a core. Deno hides Linux's list.
  if (platform !== 'linux') return arch === 'x64' ? Math.ceil(logical / 2) : logical;
  return listedCores(logical) ?? logical;
}

/** Of so many logical ones, by Linux's list of which belong together; null where there is no such list. */
function listedCores(logical: number): number | null {
  try {
    const siblings = Array.from({ length: logical }, (_, cpu) =>
      readFileSync(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, 'latin1').trim(),
    );
    return new Set(siblings).size;
  } catch {
    return null;
  }
}
