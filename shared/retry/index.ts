export {
  type BackoffPolicy,
  backoffSeconds,
  DEFAULT_BACKOFF,
  modelWaitSeconds,
  RATE_LIMIT_SECONDS,
} from './backoff.ts';
export { MAX_POLL_SECONDS, nextPollSeconds } from './poll-pacing.ts';
export { DEFAULT_REQUESTS_PER_MINUTE, type RequestBudget, requestBudget } from './request-budget.ts';
