import { strictEqual } from 'node:assert';
import type { Simulator } from '../../simulator/index.ts';

/** Maps an import of the first model anew, as a person does in Anaplan: header of the file → what it fills, or `ignore`. */
export async function remap({ url, model }: Simulator, name: string, columns: Readonly<Record<string, string>>) {
  const path = `/simulator/models/${model.id}/imports/${encodeURIComponent(name)}`;
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify({ columns }) });
  strictEqual(answer.status, 204, await answer.text());
}
