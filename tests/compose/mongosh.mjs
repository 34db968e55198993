// The part of mongosh that the healthcheck of docker-compose.yml uses, for machines without mongosh: `--port`,
// `--eval`, `quit`, and a `db.adminCommand` that returns the response of the server at once or throws its error.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runInNewContext } from 'node:vm';
import { MongoClient } from 'mongodb';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    eval: { type: 'string' },
    command: { type: 'string' },
    quiet: { type: 'boolean' },
  },
});

async function runCommand(command) {
  const client = new MongoClient(`mongodb://127.0.0.1:${values.port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  try {
    return await client.db('admin').command(command);
  } finally {
    await client.close();
  }
}

/** Scripts of mongosh do not use `await`, so another process waits for the response. */
function adminCommand(command) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [fileURLToPath(import.meta.url), '--port', values.port, '--command', JSON.stringify(command)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

try {
  if (values.command) process.stdout.write(JSON.stringify(await runCommand(JSON.parse(values.command))));
  else runInNewContext(values.eval, { db: { adminCommand }, quit: (code) => process.exit(code) });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
