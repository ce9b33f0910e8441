import { writeSync } from 'node:fs';
import { openDataFolder } from '../../../infra/local/data-folder.ts';

/** Sends messages and writes objects in the folder given, and tells each number once everything of it is acknowledged. */
const folder = await openDataFolder(process.argv[2] ?? '');
const big = Buffer.alloc(300_000, 'x');
const received = () => folder.queues.receive('upload', { max: 1, visibilitySeconds: 900 });

for (let number = Number(process.argv[3] ?? 0); ; number++) {
  await folder.queues.send('upload', String(number), { attributes: { number: String(number) } });
  await folder.state.create(`runs/${number}.json`, `{"number":${number}}`);
  const counter = await folder.state.get('counter');
  if (counter === undefined) await folder.state.create('counter', String(number));
  else await folder.state.replace('counter', String(number), counter.etag);
  await folder.drops.putStream('sales/drop.csv', [big, Buffer.from(String(number))]);
  const [message] = await received();
  if (number % 3 === 0 && message !== undefined) {
    writeSync(1, `deleting ${message.body}\n`);
    await folder.queues.delete('upload', message.receiptHandle);
    writeSync(1, `deleted ${message.body}\n`);
  }
  writeSync(1, `wrote ${number}\n`);
}
