#!/usr/bin/env node
// The command, in JavaScript that every Node with modules can read: it says which Node is needed before anything else is
// loaded, and starts the built program where there is one (the package), the sources where there are (the repository).
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The embedded engine keeps its queues with node:sqlite, which is quiet and complete from here on. */
const NEEDED = 24;

const major = Number(process.versions.node.split('.')[0]);
if (major >= NEEDED) {
  const sources = new URL('../cli/plandrop.ts', import.meta.url);
  const program = existsSync(fileURLToPath(sources)) ? sources : new URL('../dist/cli/plandrop.js', import.meta.url);
  await import(program.href);
} else {
  const message = `The command needs Node ${NEEDED} or newer; this is Node ${process.versions.node} (${process.execPath}).`;
  const whatToCheck = [
    `Run it with Node ${NEEDED}, for instance: npx --package=node@${NEEDED} --package=plandrop -- plandrop --help`,
    'plandrop/anaplan and plandrop/simulator, imported from code, run on Node 22.18 and newer.',
  ];
  if (process.argv.includes('--json')) {
    process.stdout.write(
      `${JSON.stringify({ error: { category: 'configuration', message, whatToCheck } }, null, 2)}\n`,
    );
  } else {
    process.stderr.write([`plandrop: ${message}`, ...whatToCheck.map((check) => `  ${check}`), ''].join('\n'));
  }
  process.exitCode = 64;
}
