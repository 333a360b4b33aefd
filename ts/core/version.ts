/** Which phyllo runs, and in what. */

/** The version of the package. */
export const VERSION = '0.1.0';

/** What runs this, by name and version. */
export function runtimeName(): string {
  const versions: Readonly<Record<string, string | undefined>> = globalThis.process?.versions ?? {};
  for (const [key, name] of [
    ['bun', 'Bun'],
    ['deno', 'Deno'],
    ['node', 'Node'],
  ] as const) {
    if (versions[key] !== undefined) return `${name} ${versions[key]}`;
  }
  return globalThis.navigator?.userAgent ?? 'unknown';
}
