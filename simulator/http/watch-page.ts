import { html, raw } from 'hono/html';
import type { Model } from '../engine/model.ts';
import { progressOf, stateOf } from '../engine/task.ts';
import { modelReport } from './model-report.ts';
import type { LoggedRequest } from './request-log.ts';

const REQUESTS = 40;
const ROWS = 50;

type Html = ReturnType<typeof html>;
type Cell = string | number | boolean | undefined;

const table = (heads: readonly string[], rows: readonly (readonly Cell[])[]): Html =>
  rows.length === 0
    ? html`<p>none</p>`
    : html`<table><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows.map(
        (row) => html`<tr>${row.map((cell) => html`<td>${cell ?? ''}</td>`)}</tr>`,
      )}</tbody></table>`;

/** The page at `/simulator`: what the tenant holds and what has happened, as of a time. Models must be settled until then. */
export function watchPage(models: readonly Model[], requests: readonly LoggedRequest[], at: number): Html {
  const clock = new Date(at).toISOString();
  const newest = requests.slice(-REQUESTS).reverse();
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Anaplan simulator</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>Anaplan simulator</h1>
<p>Its clock shows ${clock}. Reload the page to see what has happened since. As JSON:
<a href="/simulator/requests">requests</a>, <a href="/simulator/tasks">tasks</a>.</p>
${models.map((model) => modelSection(model, at))}
<h2>Newest requests</h2>
${table(
  ['#', 'at', 'user', 'request', 'answer', 'ms', 'weather'],
  newest.map((each) => [
    each.number,
    new Date(each.at).toISOString().slice(11, 23),
    each.user,
    `${each.method} ${each.path}`,
    each.status ?? 'none',
    each.tookMs,
    each.weather,
  ]),
)}
</body>
</html>`;
}

function modelSection(model: Model, at: number): Html {
  const report = modelReport(model, ROWS);
  const tasks = model.queue.tasks
    .toReversed()
    .map((task) => [
      task.taskId,
      task.name,
      task.starter.email,
      stateOf(task, at),
      `${Math.round(progressOf(task, at) * 100)} %`,
      task.parts.flatMap((part) => part.outcome?.details.map((each) => each.type) ?? []).join(', '),
    ]);
  return html`<section>
<h2>${model.workspaceName} / ${model.name}</h2>
<p>${model.state}, ${report.loaded}. <a href="/simulator/models/${model.id}">As JSON</a></p>
<h3>Tasks</h3>
${table(['id', 'action', 'started by', 'state', 'progress', 'messages'], tasks)}
${Object.entries(report.lists).map(
  ([name, items]) =>
    html`<details><summary>List ${name}: ${items.length}</summary>${table(
      ['name', 'code', 'parent', 'properties'],
      items.map((item) => [
        item.name,
        item.code,
        item.parent,
        Object.entries(item.properties)
          .map(([property, value]) => `${property}: ${value}`)
          .join(', '),
      ]),
    )}</details>`,
)}
${Object.entries(report.modules).map(([name, rows]) => {
  const module = model.modules.get(name);
  const heads = [...(module?.dimensions ?? []), ...(module?.lineItems ?? [])].map((each) => each.name);
  return html`<details><summary>Module ${name}: ${rows.length}</summary>${table(
    heads,
    rows.map((row) => heads.map((head) => row[head])),
  )}</details>`;
})}
</section>`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1b1f24; background: #fff }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; font-size: 13px }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid #d7dce1; overflow-wrap: anywhere }
summary { cursor: pointer; padding: .25rem 0 }
@media (prefers-color-scheme: dark) { body { color: #e6e9ec; background: #14171a } th, td { border-color: #333a41 } a { color: #8ab8ff } }
`;
