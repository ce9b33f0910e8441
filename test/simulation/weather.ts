import type { Scenario } from '../../simulator/index.ts';
import type { FaultName, Faults } from './faults.ts';
import { below, pick, type Random } from './random.ts';
import { COLLEAGUE } from './tenant.ts';

type Rule = NonNullable<Scenario['rules']>[number];
type Weather = NonNullable<Rule['do']>;
type Match = NonNullable<Rule['match']>;

const STARTS: Match = { method: 'POST', path: '**/tasks' };
const ANY: Match = {};
const HALF_A_MINUTE_MS = 30_000;

/**
 * The weather at Anaplan that a story's faults make.
 * @param mostLateMs how late a start may act after its connection was cut off
 */
export function weatherOf(faults: Faults, random: Random, mostLateMs: number): Scenario {
  const rule = (name: FaultName, match: Match, weather: Weather): Rule[] =>
    faults[name] === undefined ? [] : [{ match: { ...match, chance: faults[name] }, do: weather }];
  const late = 1000 + below(random, mostLateMs);
  const colleagues = (['before', 'after'] as const).flatMap((reset) =>
    Object.entries({ 'Load Sales': 'imports', Recalculate: 'processes' }).flatMap(([action, kind]) =>
      rule(
        'a colleague starts the same, and a start is cut off',
        { method: 'POST', path: `**/${kind}/*/tasks` },
        { otherStarts: { action, user: COLLEAGUE.email }, reset },
      ),
    ),
  );
  const fileCalls: Match[] = [
    { method: 'POST', path: '**/files/*' },
    { method: 'PUT', path: '**/files/**' },
  ];
  return {
    rules: [
      ...rule('a start is cut off after it acted', STARTS, { reset: 'after' }),
      ...rule('a start is cut off before it acted', STARTS, { reset: 'before' }),
      ...rule('a start is answered by a gateway', STARTS, { answer: { status: 502, form: 'html', acted: true } }),
      ...rule('a start is refused', STARTS, { answer: { status: pick(random, [409, 423, 429, 503]) } }),
      ...rule('a start acts late', STARTS, { actLaterMs: late }),
      ...rule('a start hangs', STARTS, { delayMs: below(random, 200_000) }),
      ...rule('a task fails', STARTS, { task: { fails: { type: 'actionFailed' } } }),
      ...colleagues,
      ...rule(
        'a colleague starts something',
        { method: 'GET', path: '**/status' },
        {
          otherStarts: { action: 'Recalculate', user: COLLEAGUE.email, seconds: below(random, 900) },
        },
      ),
      // The model answers nobody who reads its files until a late call has acted: more than wait for that no client can do.
      ...fileCalls.flatMap((match) => [
        ...rule('a file call acts late', match, { actLaterMs: 1 + below(random, 150_000), busy: true }),
        ...rule('a file call hangs', match, { delayMs: 1 + below(random, 150_000), busy: true }),
      ]),
      ...rule('the model is unloaded', { method: 'GET', path: '**/tasks/*' }, { unload: true }),
      ...rule('tokens expire', ANY, { expireTokens: true }),
      ...rule('too many requests', ANY, { answer: { status: 429, headers: { 'retry-after': '7' } } }),
      ...rule('a gateway fails', ANY, { answer: { status: pick(random, [500, 502, 503, 504]), form: 'html' } }),
      ...rule('Anaplan fails after it acted', ANY, { answer: { status: 500, acted: true } }),
      ...rule('a request is cut off before it acted', ANY, { reset: 'before' }),
      ...rule('a request is cut off after it acted', ANY, { reset: 'after' }),
      ...rule('an answer is garbage', ANY, { garble: true }),
      ...rule('an answer is slow', { method: 'GET' }, { delayMs: below(random, HALF_A_MINUTE_MS) }),
    ],
  };
}
