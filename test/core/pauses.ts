/** Ways to wait. */

export const task = (): Promise<void> => new Promise(r => setImmediate(r));
export const sleep = (ms: number): Promise<void> => new Promise(r => setTimeout(r, ms));
