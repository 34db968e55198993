import { z } from 'zod';
import { Failure } from './failure.js';

/** One setting: its environment variable, its check and its purpose. */
export interface Setting<T> {
  env: string;
  schema: z.ZodType<T>;
  /** One line for `.env.example` and for errors. */
  help: string;
  secret: boolean;
  /** Text form of the default; settings without one are required. */
  fallback?: string;
}

export type SettingsShape = Record<string, Setting<unknown>>;
export type SettingsOf<Shape extends SettingsShape> = {
  [K in keyof Shape]: Shape[K] extends Setting<infer T> ? T : never;
};

interface Options {
  help: string;
  default?: string;
}

function declare<T>(env: string, schema: z.ZodType<T>, options: Options, secret = false): Setting<T> {
  return {
    env,
    schema,
    help: options.help,
    secret,
    ...(options.default === undefined ? {} : { fallback: options.default }),
  };
}

/** The kinds of settings that a source may declare. Each kind parses and checks text from the environment. */
export const setting = {
  text: (env: string, options: Options) => declare(env, z.string().min(1), options),
  /** Optional text; empty when the variable is not set. */
  optional: (env: string, options: Pick<Options, 'help'>) => declare(env, z.string(), { ...options, default: '' }),
  secret: (env: string, options: Options) => declare(env, z.string().min(1), options, true),
  /** An absolute http(s) URL without user, password, query or fragment; a trailing slash is dropped. */
  url: (env: string, options: Options) =>
    declare(
      env,
      z.string().transform((value, context) => {
        const url = URL.canParse(value) ? new URL(value) : undefined;
        if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
          context.addIssue('must be an http(s) URL without credentials, query or fragment');
          return z.NEVER;
        }
        return value.replace(/\/+$/, '');
      }) as unknown as z.ZodType<string>,
      options,
    ),
  integer: (env: string, options: Options & { min: number; max: number }) =>
    declare(env, z.coerce.number().int().min(options.min).max(options.max) as z.ZodType<number>, options),
  choice: <const C extends readonly [string, ...string[]]>(env: string, choices: C, options: Options) =>
    declare(env, z.enum(choices) as unknown as z.ZodType<C[number]>, options),
};

/**
 * Resolves a source's settings from `environment`. Throws `Failure('settings-invalid')` that names every missing or
 * malformed variable and never shows a value of a secret.
 */
export function resolveSettings<Shape extends SettingsShape>(
  source: string,
  shape: Shape,
  environment: Record<string, string | undefined>,
): SettingsOf<Shape> {
  const problems: string[] = [];
  const resolved: Record<string, unknown> = {};
  for (const [name, declared] of Object.entries(shape)) {
    const text = environment[declared.env]?.trim() || declared.fallback;
    if (text === undefined) {
      problems.push(`${declared.env} is not set (${declared.help})`);
      continue;
    }
    const parsed = declared.schema.safeParse(text);
    if (parsed.success) resolved[name] = parsed.data;
    else {
      const why = parsed.error.issues.map((issue) => issue.message).join(', ');
      problems.push(declared.secret ? `${declared.env} is malformed` : `${declared.env}: ${why}`);
    }
  }
  if (problems.length > 0) {
    throw new Failure('settings-invalid', `Source ${source} is not configured: ${problems.join('; ')}`, {
      source,
      remedy: 'Set the variables in .env (see .env.example) and restart the worker',
    });
  }
  return resolved as SettingsOf<Shape>;
}
