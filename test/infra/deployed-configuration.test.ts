import { describe, expect, it } from 'vitest';
import { deployedConfiguration } from '../../infra/deployed-configuration.ts';
import { loadConfiguration } from '../../shared/pipeline/load-configuration.ts';

const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alerts';

const TEXT = `
x-model: &model { workspace: "\${WORKSPACE}", model: FY26 Plan }
notify: { topic: "${TOPIC}" }
pipelines:
  sales:
    <<: *model
    steps: [{ import: Load Sales }]
    notify: { webhook: "\${HOOK}" }
`;

describe('the configuration that travels with the functions', () => {
  it('has the variables of whoever deploys, and no address that is meant for one machine', () => {
    const text = deployedConfiguration(TEXT, { WORKSPACE: 'Finance', HOOK: 'https://hooks.example/secret' });
    expect(text).not.toContain('secret');
    const loaded = loadConfiguration(text);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
    expect(loaded.configuration.pipelines.sales).toMatchObject({ workspace: 'Finance', model: 'FY26 Plan' });
    expect(loaded.configuration.pipelines.sales).not.toHaveProperty('notify');
    expect(loaded.configuration.notify).toEqual({ kind: 'topic', topic: TOPIC });
  });
});
