/**
 * Counts what makes plans doubtful although nothing that they watch has changed: a module, a parameter or an optimiser
 * is made or freed, a mode is switched. A variable that a captured function closes over may name another one by now.
 */
let count = 0;

export const changes = (): number => count;
export function noteChange(): void {
  count++;
}
