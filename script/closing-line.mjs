/**
 * Prints the closing line of script/test: `N passed, M failed[, K skipped]`.
 *   node script/closing-line.mjs REPORT.json lint=EXIT_CODE types=EXIT_CODE vitest=EXIT_CODE
 * REPORT.json is vitest's JSON report. Exit code 1 when anything failed, also when vitest ran no test or wrote no report.
 */
import { readFileSync } from "node:fs";

const [reportFile, ...checks] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;

const exitCodes = Object.fromEntries(checks.map((check) => check.split("=")));
for (const name of ["lint", "types"]) {
  if (exitCodes[name] === "0") passed += 1;
  else {
    failed += 1;
    console.log(`FAILED: ${name}`);
  }
}

const files = readReport();
const states = files.flatMap((file) => file.assertionResults.map((test) => test.status));
const failedTests = states.filter((state) => state === "failed").length;
// A file that cannot even be loaded has failed without a failed test of its own.
const brokenFiles = files.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
);
for (const file of brokenFiles) console.log(`FAILED: ${file.name}`);

const passedTests = states.filter((state) => state === "passed").length;
passed += passedTests;
skipped += states.length - passedTests - failedTests;
failed += failedTests + brokenFiles.length;

if (passedTests + failedTests === 0) {
  failed += 1;
  console.log("FAILED: no test ran");
} else if (exitCodes.vitest !== "0" && failedTests + brokenFiles.length === 0) {
  failed += 1;
  console.log(`FAILED: vitest ended with ${exitCodes.vitest}, see above`);
}

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;

function readReport() {
  try {
    return JSON.parse(readFileSync(reportFile, "utf8")).testResults;
  } catch {
    return []; // vitest died before its report: counted above as "no test ran"
  }
}
