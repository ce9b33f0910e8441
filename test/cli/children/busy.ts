import { endSoon } from '../../../cli/end-soon.ts';

/** Was interrupted, and is at something that does not end. */
setInterval(() => undefined, 60_000);
process.exitCode = 130;
endSoon();
process.stdout.write('said\n');
