import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(__dirname, '../..');

export interface Service {
  image?: string;
  build?: string;
  user?: string;
  profiles?: string[];
  init?: boolean;
  read_only?: boolean;
  restart?: string;
  command: string[];
  cap_drop?: string[];
  security_opt?: string[];
  /** The value of `null` comes from `.env` or the shell. */
  environment?: Record<string, string | null>;
  ports?: string[];
  volumes: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test: string[] };
  logging?: { options?: Record<string, string> };
  stop_grace_period?: string;
}

interface ComposeFile {
  services: Record<'temporal' | 'mongodb' | 'worker' | 'ui', Service>;
  volumes: Record<string, null>;
}

/** `docker-compose.yml` with its merge keys resolved. */
export const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as ComposeFile;

export const services = Object.entries(compose.services);

const instructions = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replace(/\\\n/g, '')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line));

/** The arguments of every such instruction of the Dockerfile, in order. */
export const dockerfile = (instruction: string): string[] =>
  instructions.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));
