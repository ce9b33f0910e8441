import { Command } from 'commander';
import { editorSchema } from '../../shared/pipeline/json-schema.ts';
import { jsonOption } from '../options.ts';

export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of the configuration, for editors')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe first line of a configuration tells editors where its schema is:\n  # yaml-language-server: $schema=./plandrop.schema.json',
    )
    .action(() => {
      process.stdout.write(`${JSON.stringify(editorSchema(), null, 2)}\n`);
    });
}
