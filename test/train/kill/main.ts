/**
 * `npm run check:resume`: kills a training of LeNet-5, with dropout and Adam, by SIGKILL at random moments, and lets it go on
 * from its checkpoints each time; it is to end with the fingerprint of one that was never killed, captured and op by op.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath, exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const KILLS = Number(env.PHYLLO_KILLS ?? 50);
/** The longest that a process may live after it has begun to train, in ms: a whole run takes about two seconds. */
const LIFE = 700;

/** Runs the training until it ends or is killed, so many ms after its first step. What it printed last. */
function life(folder: string, how: string, lives: number): Promise<string | null> {
  return new Promise(resolve => {
    const script = ['--conditions=phyllo-source', '--import', 'tsx', 'test/train/kill/child.ts', folder, how];
    const child = spawn(execPath, script, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '' && Number.isFinite(lives)) setTimeout(() => child.kill('SIGKILL'), lives);
      said += text;
    });
    child.on('close', code => resolve(code === 0 ? (/fingerprint (\w+)/.exec(said)?.[1] ?? null) : null));
  });
}

let kills = 0;
let runs = 0;
let wrong = 0;
const folder = mkdtempSync(join(tmpdir(), 'phyllo-kill-'));
for (const how of ['captured', 'eager'] as const) {
  const whole = await life(join(folder, `${how}-whole`), how, Infinity);
  if (whole === null) throw new Error('the training does not end by itself');
  const most = how === 'captured' ? Math.ceil(KILLS / 2) : KILLS;
  while (kills < most) {
    const own = join(folder, `${how}-${runs++}`);
    let fingerprint: string | null = null;
    while (fingerprint === null) {
      const lives = kills < most ? Math.random() * LIFE : Infinity;
      fingerprint = await life(own, how, lives);
      if (fingerprint === null) kills++;
    }
    if (fingerprint !== whole) wrong++;
    console.log(
      `${how}: run ${runs} ended after ${kills} kills in all, ${fingerprint === whole ? 'with the same bits' : 'WITH OTHERS'}`,
    );
  }
}
rmSync(folder, { recursive: true });
console.log(`${kills} kills, ${runs} runs: ${wrong} with other bits`);
exit(wrong === 0 ? 0 : 1);
