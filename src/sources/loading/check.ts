import { z } from 'zod';
import { cronFault } from '../../model/cron.js';
import { isTimezone } from '../../model/timezone.js';
import type { AnySource } from '../../model/source.js';

const callable = z.custom<(...given: never[]) => unknown>((value) => typeof value === 'function', 'must be a function');

const declaredSetting = z.strictObject({
  env: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an environment variable in upper case'),
  schema: z.custom<z.ZodType>(
    (value) => typeof (value as z.ZodType | undefined)?.safeParse === 'function',
    'must be made by setting.text(), setting.optional(), setting.secret(), setting.url(), setting.integer() or setting.choice()',
  ),
  help: z.string().min(1, 'must say what the setting is for'),
  secret: z.boolean(),
  fallback: z.string().optional(),
});

const definition = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes'),
  vendor: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes'),
  dataset: z.enum(['hosts', 'logins', 'events'], 'must be hosts, logins or events'),
  docs: z.url({ protocol: /^https?$/, error: 'must be the address of the vendor’s documentation' }),
  settings: z.record(
    z.string(),
    declaredSetting.superRefine(({ schema, fallback }, context) => {
      if (fallback !== undefined && !schema.safeParse(fallback).success) {
        context.addIssue('has a default that its own schema rejects');
      }
    }),
  ),
  schedule: z
    .strictObject({
      cron: z.string().superRefine((cron, context) => {
        const fault = cronFault(cron);
        if (fault !== undefined) context.addIssue(`is not a cron expression: ${fault}`);
      }),
      timezone: z.string().refine(isTimezone, 'must be an IANA time zone, as Europe/Vienna').optional(),
    })
    .optional(),
  freshnessMs: z.number().nonnegative('must be milliseconds').optional(),
  listing: z.enum(['full', 'incremental', 'append', 'queue'], 'must be full, incremental, append or queue'),
  mapping: z.int('must be a whole number').positive('must be 1 or more'),
  input: callable,
  decode: callable,
  map: callable,
});

/** Faults of a value that should be the source definition of the file `name`; empty if it is valid. */
export function faultsOf(value: unknown, name: string): string[] {
  const parsed = definition.safeParse(value);
  if (parsed.success) {
    const { name: declared } = parsed.data;
    return declared === name ? [] : [`name is ${declared}, but must equal the name of the file`];
  }
  return parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || 'the default export'}: ${message}`,
  );
}

/** Call only for values without faults. */
export function asDefinition(value: unknown): AnySource {
  return value as AnySource;
}
