import { joinDataFolder } from '../../../infra/local/data-folder.ts';
import { DropFolder } from '../../../infra/local/drop-folder.ts';

/** Watches the folder given, with the data folder given, until killed. */
const [drops = '', dataDir = ''] = process.argv.slice(2);
new DropFolder(drops, joinDataFolder(dataDir)).start();
process.stdout.write('watching\n');
