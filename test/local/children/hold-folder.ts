import { openDataFolder } from '../../../infra/local/data-folder.ts';

/** Opens the folder given and keeps it until killed. */
await openDataFolder(process.argv[2] ?? '');
process.stdout.write('open\n');
setInterval(() => undefined, 1000);
