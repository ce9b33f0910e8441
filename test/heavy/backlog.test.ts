import { describeBacklogs } from '../functions/describe-backlogs.ts';

describeBacklogs({ drops: 500, days: 3, runs: 5000 });
