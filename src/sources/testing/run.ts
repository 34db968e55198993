import { resolve } from 'node:path';
import { Failure } from '../../model/failure.js';
import { loadModule } from '../loading/module.js';

// Runs a test file outside the project. The file is loaded like a source, so that it can use `rollcall` and TypeScript
// without any set-up.
if (require.main === module) {
  try {
    loadModule(resolve(process.argv[2]!));
  } catch (error) {
    const why = error instanceof Failure ? error.message : String((error as Error)?.stack ?? error);
    process.stderr.write(`${why}\n`);
    process.exit(1);
  }
}
