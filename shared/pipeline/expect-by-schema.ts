import { about, checked, either, settings } from './fields.ts';
import { weekdaysMistake } from './schedule-expression.ts';
import { timezoneSchema } from './trigger-schema.ts';

/**
 * When a file, or a whole set, should have come: one alert if it has not.
 * `at` is `HH:MM` on the clocks of `timezone` (IANA name); `days` is the day-of-week field of a cron expression, `*` for every day.
 */
export interface ExpectBy {
  at: string;
  timezone: string;
  days: string;
}

const timeOfDay = () =>
  checked('a time of day in quotes, such as "06:30"', (text) =>
    /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text) ? undefined : 'a time of day from "00:00" to "23:59"',
  );

/** As written: the time zone may also be that of the trigger. */
export const expectBySchema = either(
  'a time of day such as "06:30", or { at: "06:30", timezone: Europe/London, days: MON-FRI }',
  [
    timeOfDay(),
    settings('expectBy', {
      at: about('The time of day.', '06:30', timeOfDay()),
      timezone: about(
        'Where the clocks are; also on.timezone may say it. UTC where nothing is said.',
        'Europe/London',
        timezoneSchema(),
      ).exactOptional(),
      days: about(
        'On which days of the week, as a cron expression has them. Every day where nothing is said.',
        'MON-FRI',
        checked('days of the week, such as MON-FRI', weekdaysMistake),
      ).exactOptional(),
    }),
  ],
);

/** Every day in UTC where nothing else is said. */
export function expectByOf(
  written: string | { at: string; timezone?: string; days?: string },
  timezone: string | undefined,
): ExpectBy {
  const said = typeof written === 'string' ? { at: written } : written;
  return { days: '*', timezone: timezone ?? 'UTC', ...said };
}
