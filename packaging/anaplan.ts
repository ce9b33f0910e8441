/** What `plandrop/anaplan` offers: the typed Anaplan client, its errors, and what its options take. */
export * from '../shared/anaplan/index.ts';
export { type Clock, type Random, systemClock } from '../shared/ports/clock.ts';
export { DEFAULT_REQUESTS_PER_MINUTE, type RequestBudget, requestBudget } from '../shared/retry/index.ts';
