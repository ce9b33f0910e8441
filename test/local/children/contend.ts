import { writeSync } from 'node:fs';
import { joinDataFolder } from '../../../infra/local/data-folder.ts';

/** Competes with its siblings for a counter, for keys and for messages, and tells which keys and messages it got. */
using folder = joinDataFolder(process.argv[2] ?? '');
const { state, queues } = folder;

for (let count = 0; count < 25; ) {
  const counter = await state.get('counter');
  if (counter === undefined) throw new Error('There is no counter');
  const next = String(Number(new TextDecoder().decode(counter.body)) + 1);
  if ((await state.replace('counter', next, counter.etag)).written) count++;
}
for (let number = 0; number < 25; number++) {
  if ((await state.create(`keys/${number}`, String(process.pid))).written) writeSync(1, `created ${number}\n`);
}
for (;;) {
  const messages = await queues.receive('upload', { max: 3, visibilitySeconds: 900 });
  if (messages.length === 0) break;
  for (const { body } of messages) writeSync(1, `received ${body}\n`);
}
