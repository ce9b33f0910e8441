import { describeBacklogs } from './describe-backlogs.ts';

describeBacklogs({ drops: 40, days: 1, runs: 60 });
