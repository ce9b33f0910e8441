/** A message to a person. `id` is stable: the same alert sent twice carries the same id. `subject` is under 100 characters (SNS). */
export interface Alert {
  id: string;
  subject: string;
  text: string;
}

export interface Alerts {
  publish(alert: Alert): Promise<void>;
}
