import { open } from 'node:fs/promises';
import { readRejectedLines } from '../../../shared/diagnosis/rejected-lines.ts';
import { summariseDump } from '../../../shared/diagnosis/summarise-dump.ts';

/** Reads a dump as `collect-result` does, in ranges of 4 MiB, and prints what it says and the most memory that took (bytes). */

const READ_BYTES = 4 * 1024 * 1024;
const [path = ''] = process.argv.slice(2);

async function* ranges(): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size; at += READ_BYTES) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(READ_BYTES, size - at)), 0, undefined, at);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

const summary = await summariseDump(ranges());
const { lines, unlocated } = await readRejectedLines(ranges());
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ summary, rejectedLines: lines.size, unlocated, peakBytes }));
