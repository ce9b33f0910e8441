import { orchestration } from './orchestration.ts';
import { upload } from './upload.ts';

/** `npm run bench -- <name>`: what docs/benchmarks.md claims, measured again. */
const BENCHMARKS: Readonly<Record<string, { what: string; run: () => Promise<void> }>> = {
  orchestration: {
    what: 'calls to S3, SQS, SNS and Anaplan for each run, and what AWS asks for them',
    run: orchestration,
  },
  upload: { what: 'chunks in flight and gzip levels on links of several speeds, as ratios', run: upload },
};

const [name = ''] = process.argv.slice(2);
if (Object.hasOwn(BENCHMARKS, name)) {
  await BENCHMARKS[name]?.run();
} else {
  if (name !== '') console.error(`There is no benchmark "${name}".`);
  console.log('npm run bench -- <name>, where <name> is one of');
  for (const [each, { what }] of Object.entries(BENCHMARKS)) console.log(`  ${each.padEnd(14)} ${what}`);
  process.exitCode = name === '' ? 0 : 64;
}
