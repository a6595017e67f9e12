const { writeSync } = require('node:fs');

/**
 * Ends a run of the tests with `<n> passed, <n> failed` alone on a line; a file that could not run counts as one
 * failed.
 */
module.exports = class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const line = `${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed\n`;
    // Jest's own summary comes after every reporter; this line is to be the last one.
    process.once('exit', () => writeSync(1, line));
  }
};
