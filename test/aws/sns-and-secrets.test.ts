import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import { secretsManagerClient, snsClient, sqsClient } from '../../shared/ports/aws/clients.ts';
import { SecretsManagerSecrets } from '../../shared/ports/aws/secrets-manager-secrets.ts';
import { SnsAlerts } from '../../shared/ports/aws/sns-alerts.ts';
import { newName, requireLocalEndpoint } from './endpoint.ts';

requireLocalEndpoint();
const [secretsManager, sns, sqs] = [secretsManagerClient(), snsClient(), sqsClient()];
afterAll(() => {
  for (const client of [secretsManager, sns, sqs]) client.destroy();
});

describe('SnsAlerts', () => {
  it('publishes subject, text and the id that stays the same', async () => {
    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: newName('alerts') }));
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: newName('inbox') }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }));

    await new SnsAlerts(() => sns, {
      topicArn: 'arn:aws:sns:eu-west-1:000000000000:nobody',
      topicOf: () => TopicArn,
    }).publish({
      id: 'failure-r1',
      subject: 'sales-actuals failed – März',
      text: 'The model is archived. “Load Sales” was not started.\nUnarchive it.',
      pipeline: 'sales-actuals',
      category: 'model-state',
    });

    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(JSON.parse(Messages?.[0]?.Body ?? '{}')).toMatchObject({
      Subject: 'sales-actuals failed - Marz',
      Message: 'The model is archived. “Load Sales” was not started.\nUnarchive it.',
      MessageAttributes: {
        alertId: { Type: 'String', Value: 'failure-r1' },
        pipeline: { Type: 'String', Value: 'sales-actuals' },
        category: { Type: 'String', Value: 'model-state' },
      },
    });
  });
});

describe('SecretsManagerSecrets', () => {
  const create = async (SecretString: string) => {
    const name = newName('secret');
    await secretsManager.send(new CreateSecretCommand({ Name: name, SecretString }));
    return name;
  };
  const credentials = (name: string) => new SecretsManagerSecrets(secretsManager, name).credentials();

  it('reads the credentials anew each time, so that a changed password is taken up', async () => {
    const name = await create(JSON.stringify({ ANAPLAN_USERNAME: 'ada@example.com', ANAPLAN_PASSWORD: 'old' }));
    const secrets = new SecretsManagerSecrets(secretsManager, name);
    expect(await secrets.credentials()).toEqual({ kind: 'basic', username: 'ada@example.com', password: 'old' });
    const changed = JSON.stringify({ ANAPLAN_USERNAME: 'ada@example.com', ANAPLAN_PASSWORD: 'new' });
    await secretsManager.send(new PutSecretValueCommand({ SecretId: name, SecretString: changed }));
    expect(await secrets.credentials()).toMatchObject({ password: 'new' });
  });

  it.each([
    ['a part is missing', '{"ANAPLAN_USERNAME":"ada"}', 'ANAPLAN_PASSWORD is not set'],
    ['it holds no JSON', 'canary', 'is not a JSON object with keys such as ANAPLAN_USERNAME'],
    ['it holds a list', '["canary"]', 'is not a JSON object with keys such as ANAPLAN_USERNAME'],
  ])('says when %s, without quoting it', async (_, text, message) => {
    const asking = credentials(await create(text));
    await expect(asking).rejects.toMatchObject({
      name: 'MissingCredentialsError',
      message: expect.stringContaining(message),
    });
    await expect(asking).rejects.not.toThrow('canary');
  });

  it('says when the secret is not there', async () => {
    await expect(credentials('nowhere')).rejects.toThrow('The secret nowhere is not there, or holds no value yet.');
  });
});
