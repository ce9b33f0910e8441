import type { Quirks } from '../definition/quirks.ts';
import { ApiError, GatewayError } from '../engine/api-error.ts';
import { type Ctx, originOf } from './context.ts';
import { gatewayPage } from './gateway-page.ts';

const PAGE = 5000;

/** The error body of the Integration API (anaplan-notes: Errors). */
export function errorBody(status: number, message: string, path: string, at: number): object {
  return { status: { code: status, message }, path, timestamp: new Date(at).toISOString().replace('Z', '000000Z') };
}

/** An error as the Integration API answers it. A 401 has no path. */
export function errorAnswer(error: ApiError, path: string, at: number): Response {
  if (error instanceof GatewayError && error.asHtml) {
    return new Response(gatewayPage(error.status, error.message), {
      status: error.status,
      headers: { 'content-type': 'text/html' },
    });
  }
  const body =
    error.status === 401
      ? { status: { code: 401, message: error.message } }
      : errorBody(error.status, error.message, path, at);
  return Response.json(body, { status: error.status, headers: { ...error.headers } });
}

/**
 * @param kind last part of the schema URL, such as `import` or `importMetadata`
 * @param modelId for what lives in a model
 */
export function meta(c: Ctx, kind: string, modelId: string | undefined, quirks: Quirks): { schema: string } {
  // some kinds of answers have the double slash, always the same ones
  const slash = quirks.doubleSlashInSchema && modelId !== undefined && kind.length % 2 === 0 ? '//' : '/';
  return { schema: `${originOf(c)}${slash}2/0/${modelId === undefined ? '' : `models/${modelId}/`}objects/${kind}` };
}

const SUCCESS = { code: 200, message: 'Success' };

/** One thing under its key. */
export function one(
  c: Ctx,
  key: string,
  kind: string,
  modelId: string | undefined,
  value: object,
  quirks: Quirks,
): Response {
  return c.json({ meta: meta(c, kind, modelId, quirks), status: SUCCESS, [key]: value });
}

/** A page of a collection under its key, by `limit` and `offset` (anaplan-notes: Paging). */
export function page(
  c: Ctx,
  key: string,
  kind: string,
  modelId: string | undefined,
  all: readonly object[],
  quirks: Quirks,
): Response {
  const asked = c.req.query('limit');
  const limit = Math.min(PAGE, asked === undefined ? PAGE : wholeNumber(asked, 'limit'));
  const offset = wholeNumber(c.req.query('offset') ?? '0', 'offset');
  const rows = all.slice(offset, offset + limit);
  const url = new URL(c.req.url);
  const link = (linkLimit: number, linkOffset: number) => {
    const sort = url.searchParams.get('sort');
    const echoed = sort === null ? '' : `&sort=${encodeURIComponent(sort)}`;
    return `${url.origin}${url.pathname}?limit=${linkLimit}&offset=${linkOffset}${echoed}`;
  };
  const wrongNext = quirks.wrongNextPage && asked === undefined && offset === 0 && all.length > 0;
  const next = wrongNext ? link(20, 20) : offset + rows.length < all.length ? link(limit, offset + limit) : undefined;
  const paging = {
    currentPageSize: rows.length,
    offset,
    totalSize: all.length,
    ...(next === undefined ? {} : { next }),
    ...(offset > 0 ? { previous: link(limit, Math.max(0, offset - limit)) } : {}),
  };
  const collection = rows.length === 0 && quirks.emptyCollectionsLeftOut ? {} : { [key]: rows };
  return c.json({ meta: { ...meta(c, kind, modelId, quirks), paging }, status: SUCCESS, ...collection });
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw new ApiError(400, `Invalid value '${text}' for parameter '${name}'`);
  return Number(text);
}
