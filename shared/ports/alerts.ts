/**
 * A message to a person. `id` is stable: the same alert sent twice carries the same id. `subject` is under 100 characters (SNS). The
 * rest is for programs: today's configuration says by `pipeline` where the alert goes.
 */
export interface Alert {
  id: string;
  subject: string;
  text: string;
  pipeline?: string;
  /** the model's name */
  model?: string;
  /** the run it is about */
  run?: string;
  /** the runs it stands for, where there are several */
  runs?: readonly string[];
  category?: string;
  outcome?: string;
}

export interface Alerts {
  /** @throws when it is not certain that the alert has arrived; it is then published again */
  publish(alert: Alert): Promise<void>;
  /** Names the people that alerts of a pipeline reach: the same for the same people. Absent where all alerts reach the same. */
  route?(pipeline: string): string;
}
