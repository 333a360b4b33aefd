/** Counts of tests, as the runners report them. A run that broke before or beside its tests counts as one failure. */

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * @param {Counts} counts
 * @param {boolean} ok whether the runner itself ended well
 * @returns {Counts}
 */
function settle({ passed, failed }, ok) {
  return { passed, failed: failed === 0 && (!ok || passed === 0) ? 1 : failed };
}

/**
 * @param {string} text what `cargo test` printed
 * @param {boolean} ok
 * @returns {Counts}
 */
export function cargoCounts(text, ok) {
  const counts = { passed: 0, failed: 0 };
  for (const [, passed, failed] of text.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed;/gm)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return settle(counts, ok);
}

/**
 * @typedef {object} Report vitest's JSON report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {{ status: string, assertionResults: unknown[] }[]} testResults one for each file
 */

/**
 * A file that fails before its first test counts as a failure too.
 * @param {Report} report
 * @param {boolean} ok
 * @returns {Counts}
 */
export function vitestCounts({ numPassedTests, numFailedTests, testResults }, ok) {
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return settle({ passed: numPassedTests, failed: numFailedTests + broken.length }, ok);
}
