/** Runs the page of test/runtimes in a headless browser. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TIMEOUT_MS = 60_000;

/**
 * `isolated`: with the headers that let a page share memory.
 * @param {boolean} isolated
 * @param {string} [page]
 * @returns {(folder: string, program: string) => (script: string, binary: string, threads: string) => Promise<string>}
 */
export const inBrowser =
  (isolated, page = 'page.html') =>
  (folder, program) =>
  async (script, binary, threads) => {
    const server = createServer();
    await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(null)));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : address;
    const flags = [
      '--headless',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
      // Containers give root no sandbox.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      `--user-data-dir=${join(folder, `.profile-${page}-${script}-${binary}-${threads}-${isolated}`)}`,
    ];
    const browser = spawn(
      program,
      [...flags, `http://127.0.0.1:${port}/${page}?script=${script}&binary=${binary}&threads=${threads}`],
      {
        stdio: 'ignore',
        timeout: TIMEOUT_MS,
      },
    );
    const closed = new Promise(resolve => browser.once('close', resolve));
    const kill = () => void browser.kill();
    process.once('exit', kill);
    try {
      return await new Promise((resolve, reject) => {
        serve(server, folder, isolated, resolve, stack => reject(new Error(stack)));
        browser.once('error', reject);
        void closed.then(() => reject(new Error('the browser ended without a result')));
      });
    } finally {
      kill();
      server.closeAllConnections();
      server.close();
      await closed;
      process.off('exit', kill);
    }
  };

/**
 * A server as plain as can be: it knows scripts from pages, and nothing of wasm. What the page posts is its result.
 * @param {import('node:http').Server} server
 * @param {string} folder
 * @param {boolean} isolated
 * @param {(text: string) => void} printed
 * @param {(stack: string) => void} failed
 */
function serve(server, folder, isolated, printed, failed) {
  /** @type {Record<string, string>} */
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' };
  server.on('request', async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST') {
      const text = (await request.toArray()).join('');
      response.end();
      if (pathname === '/printed') printed(text);
      else failed(text);
      return;
    }
    try {
      const content = readFileSync(join(folder, pathname));
      if (isolated) {
        response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
        response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
      }
      response.setHeader('Content-Type', types[extname(pathname)] ?? 'text/plain').end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
}
