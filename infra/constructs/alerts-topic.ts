import { Aws, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IGrantable, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface AlertsTopicProps {
  /** Who gets an e-mail for each alert, after they have confirmed the subscription. */
  email?: string;
  /** Topics of others that alerts of some pipelines go to instead; alarms do not. */
  others: readonly string[];
}

/** Where alerts and alarms go, over TLS only; and who may publish there. */
export class AlertsTopic extends Construct {
  readonly topic: Topic;
  readonly #others: readonly ITopic[];

  constructor(scope: Construct, id: string, props: AlertsTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: 'Plandrop', enforceSSL: true });
    // A topic with a policy of its own loses the default one, which had let the account's alarms publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    this.#others = props.others.map((arn, index) => Topic.fromTopicArn(this, `Other${index + 1}`, arn));
    if (props.email !== undefined) this.topic.addSubscription(new EmailSubscription(props.email));
  }

  /** May publish alerts, wherever they go. */
  grantPublish(grantee: IGrantable): void {
    for (const topic of [this.topic, ...this.#others]) topic.grantPublish(grantee);
  }

  /** An alarm comes here, and so does the news that it is over. */
  hears(alarm: Alarm): void {
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
  }
}

/** `<stack>-<what>`: the runbook has a heading for each `<what>`. */
export function alarmName(scope: Construct, what: string): string {
  return `${Stack.of(scope).stackName}-${what}`;
}
