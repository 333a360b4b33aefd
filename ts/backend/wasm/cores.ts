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
  const cores = platform === 'linux' ? listedCores(logical) : null;
  return cores ?? (arch === 'x64' && platform !== 'darwin' ? Math.ceil(logical / 2) : logical);
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
