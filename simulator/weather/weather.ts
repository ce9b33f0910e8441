import type { Seeded } from '../engine/ids.ts';
import { actionOf, pathPattern, type Rule, type ScenarioPlan, type WeatherAction } from './scenario.ts';

export interface WeatherRequest {
  method: string;
  /** without query */
  path: string;
  user: string | undefined;
}

/** Decides what happens to each request, counting how often each rule has fitted. */
export class Weather {
  #rules: { rule: Rule; pattern: RegExp | undefined; seen: number }[];
  readonly #seeded: Seeded;

  constructor(scenario: ScenarioPlan, seeded: Seeded) {
    this.#seeded = seeded;
    this.#rules = prepared(scenario);
  }

  /** Takes the place of the rules so far; their counts begin again. */
  change(scenario: ScenarioPlan): void {
    this.#rules = prepared(scenario);
  }

  next(request: WeatherRequest): WeatherAction | undefined {
    let action: WeatherAction | undefined;
    // every rule counts every request that fits it, also those that an earlier rule takes
    for (const each of this.#rules) {
      if (!fits(each, request)) continue;
      each.seen += 1;
      if (!action && this.#due(each.rule, each.seen)) action = actionOf(each.rule);
    }
    return action;
  }

  #due({ match }: Rule, seen: number): boolean {
    if (match.nth !== undefined && ![match.nth].flat().includes(seen)) return false;
    if (match.every !== undefined && seen % match.every !== 0) return false;
    return match.chance === undefined || this.#seeded.number() < match.chance;
  }
}

const prepared = (scenario: ScenarioPlan) =>
  scenario.rules.map((rule) => ({
    rule,
    pattern: rule.match.path === undefined ? undefined : pathPattern(rule.match.path),
    seen: 0,
  }));

function fits({ rule, pattern }: { rule: Rule; pattern: RegExp | undefined }, request: WeatherRequest): boolean {
  const { method, user } = rule.match;
  if (method !== undefined && method.toUpperCase() !== request.method) return false;
  if (user !== undefined && user !== request.user) return false;
  return pattern === undefined || pattern.test(request.path);
}
