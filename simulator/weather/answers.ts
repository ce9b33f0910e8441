import { STATUS_CODES } from 'node:http';
import type { SimulatorClock } from '../clock.ts';
import { errorBody } from '../http/envelope.ts';
import { gatewayPage } from '../http/gateway-page.ts';
import type { WeatherAction } from './scenario.ts';

/** The connection breaks here: the HTTP edge cuts it, and in-process callers see this error. */
export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut';
  readonly code = 'ECONNRESET';
  constructor() {
    super('the connection was cut by the scenario');
  }
}

/** The answer a rule gives in place of the server's own. */
export function madeAnswer(answer: NonNullable<WeatherAction['answer']>, path: string, at: number): Response {
  const { status, headers } = answer;
  if (answer.body !== undefined) {
    if (typeof answer.body === 'string') return new Response(answer.body, { status, headers });
    return Response.json(answer.body, { status, headers });
  }
  const phrase = answer.message ?? STATUS_CODES[status] ?? 'Error';
  if (answer.form === 'empty' || status === 204) return new Response(null, { status, headers });
  if (answer.form === 'json') return Response.json(errorBody(status, phrase, path, at), { status, headers });
  return new Response(gatewayPage(status, phrase), { status, headers: { 'content-type': 'text/html', ...headers } });
}

/** Answers whose body breaks off, with what is sent of it: for the HTTP edge, which has to cut its socket at the right byte. */
export const cutBodies = new WeakMap<Response, Uint8Array>();

/** What a rule does to the server's own answer: garble, slow down, cut off. */
export async function spoiled(response: Response, action: WeatherAction, clock: SimulatorClock): Promise<Response> {
  if (!action.garble && action.truncate === undefined && action.bytesPerSecond === undefined) return response;
  if (!response.body) return response;
  const headers = new Headers(response.headers);
  const { status } = response;
  if (action.garble) {
    headers.delete('content-length');
    return new Response('\u0001\u0002 not what you asked for {"', { status, headers });
  }
  if (action.truncate === undefined) {
    return new Response(throttled(response.body, action.bytesPerSecond ?? 0, clock), { status, headers });
  }
  const whole = new Uint8Array(await response.arrayBuffer());
  const keep =
    action.truncate === 'half' ? Math.floor(whole.byteLength / 2) : Math.min(action.truncate, whole.byteLength);
  headers.set('content-length', String(whole.byteLength));
  const part = whole.subarray(0, keep);
  const cut = new Response(cutAfter(part), { status, headers });
  cutBodies.set(cut, part);
  return cut;
}

/** Lets bytes through at a pace. */
export function throttled(
  body: ReadableStream<Uint8Array>,
  bytesPerSecond: number,
  clock: SimulatorClock,
): ReadableStream<Uint8Array> {
  const piece = Math.max(1, Math.min(64 * 1024, Math.floor(bytesPerSecond / 10)));
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      async transform(bytes, controller) {
        for (let start = 0; start < bytes.byteLength; start += piece) {
          const part = bytes.subarray(start, start + piece);
          await clock.sleep((part.byteLength / bytesPerSecond) * 1000);
          controller.enqueue(part);
        }
      },
    }),
  );
}

function cutAfter(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = bytes.byteLength === 0;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(new ConnectionCut());
      else controller.enqueue(bytes);
      sent = true;
    },
  });
}
