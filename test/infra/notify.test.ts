import { describe, expect, it } from 'vitest';
import { SAMPLE, stackOf, synthesise } from './synthesise.ts';

const TEAM = 'arn:aws:sns:eu-west-1:123456789012:team';
const PLANNERS = 'arn:aws:sns:eu-west-1:123456789012:planners';
const EVERYBODY = [
  'ReceiveDrop',
  'ReceiveSchedule',
  'UploadFile',
  'StartAction',
  'PollTask',
  'CollectResult',
  'BuryMessage',
  'WatchRuns',
];

/** The sample with a `notify` at its top, and one in its first pipeline. */
const withNotify = (top: string, ofSales = '') =>
  `${top === '' ? '' : `notify: ${top}`}${ofSales === '' ? SAMPLE : SAMPLE.replace('  sales:\n', `  sales:\n    notify: ${ofSales}\n`)}`;

describe('alerts that go to other topics', () => {
  it('may be published there by every function that ends runs, and alarms stay with the topic of the stack', () => {
    const template = synthesise(withNotify(`{ topic: "${TEAM}" }`, `{ topic: "${PLANNERS}" }`));
    const publishers = template
      .all('AWS::IAM::Policy')
      .filter(({ Properties }) => {
        const statements: { Action: unknown; Resource: unknown }[] = Properties.PolicyDocument.Statement;
        const to = statements.filter(({ Action }) => Action === 'sns:Publish').flatMap(({ Resource }) => Resource);
        return [TEAM, PLANNERS].every((topic) => to.includes(topic)) && to.length === 3;
      })
      .map(({ Properties }) => Properties.Roles[0].Ref);
    expect(publishers).toHaveLength(EVERYBODY.length);
    for (const name of EVERYBODY) expect(publishers.some((role: string) => role.startsWith(`${name}Role`))).toBe(true);
    for (const { Properties } of template.all('AWS::CloudWatch::Alarm'))
      expect(Properties.AlarmActions).toEqual([{ Ref: template.the('AWS::SNS::Topic').logicalId }]);
  });

  it.each([
    ['a webhook for all', '{ webhook: "https://hooks.example.com/secretpath" }', '', 'notify is a webhook.'],
    ['a command of one pipeline', '', '{ command: ./tell.sh }', 'notify of pipeline "sales" is a command.'],
  ])('are refused at synthesis where they go to %s, without its address', (_, top, ofSales, words) => {
    const synth = () => stackOf(withNotify(top, ofSales));
    expect(synth).toThrow(`On AWS alerts go to SNS topics, and ${words} Leave it out there, or name a topic`);
    expect(synth).not.toThrow('secretpath');
  });
});
