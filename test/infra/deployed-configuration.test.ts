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

const ADDRESSES = {
  apiUrl: 'https://eu3.api.example',
  authUrl: 'https://eu3.auth.example',
  oauthUrl: 'https://eu3.app.example',
};

describe('the configuration that travels with the functions', () => {
  it('has the variables of whoever deploys, and no address that is meant for one machine', () => {
    const text = deployedConfiguration(TEXT, { WORKSPACE: 'Finance', HOOK: 'https://hooks.example/secret' }, ADDRESSES);
    expect(text).not.toContain('secret');
    const loaded = loadConfiguration(text);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
    expect(loaded.configuration.pipelines.sales).toMatchObject({ workspace: 'Finance', model: 'FY26 Plan' });
    expect(loaded.configuration.pipelines.sales).not.toHaveProperty('notify');
    expect(loaded.configuration.notify).toEqual({ kind: 'topic', topic: TOPIC });
    expect(loaded.configuration.anaplan).toMatchObject(ADDRESSES);
  });

  it('has all that is called notify and is no setting', () => {
    const steps = [{ import: 'Load Sales', mapping: { notify: 'Actual' } }];
    const pipeline = { workspace: 'Finance', model: 'FY26 Plan', steps };
    const text = JSON.stringify({ pipelines: { notify: { ...pipeline, notify: { command: './tell.sh' } } } });
    expect(JSON.parse(deployedConfiguration(text, {}, ADDRESSES)).pipelines).toEqual({ notify: pipeline });
  });
});
