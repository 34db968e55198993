import { number } from '../../../format/number.js';
import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import type { Checked } from '../../../diagnostics/source/check.js';
import type { Faulty } from '../../../diagnostics/source/definition.js';
import type { SettingLine } from '../../../diagnostics/source/settings.js';

const row = (label: string, text: string) => `  ${label.padEnd(13)}${printable(text)}`;

/** A faulty file as text. */
export function faultyText({ fault, hints }: Faulty): string {
  return [`${pc.red('✗')} ${printable(fault)}`, ...hints.map((hint) => `  ${printable(hint)}`)].join('\n');
}

/** The result of a check as text. */
export function checkedText(checked: Checked): string {
  return [...lines(checked)].join('\n');
}

function* lines({ name, file, remarks, settings, response, failure }: Checked): Iterable<string> {
  yield `${failure ? pc.red('✗') : pc.green('✓')} ${pc.bold(name)}  ${printable(file)}`;
  for (const remark of remarks) yield `  ${pc.yellow('!')} ${printable(remark)}`;
  const width = Math.max(0, ...settings.map(({ variable }) => variable.length));
  for (const setting of settings) yield `  ${setting.variable.padEnd(width)}  ${settingText(setting)}`;
  if (response) yield* describeResponse(response);
  if (!failure) return;
  yield `  ${pc.red(failure.kind)}: ${printable(failure.message)}`;
  if (failure.remedy) yield `  ${printable(failure.remedy)}`;
}

function settingText({ from, value, fault, help }: SettingLine): string {
  if (fault !== undefined) return pc.yellow(printable(`${fault} (${help})`));
  return `${printable(value === '' ? '(empty)' : (value ?? ''))}  ${pc.dim(from)}`;
}

function* describeResponse(response: NonNullable<Checked['response']>): Iterable<string> {
  const { rows, total, ms, requests, account, limits, clockAheadSeconds: ahead, warnings } = response;
  if (rows !== undefined)
    yield row(
      'lists',
      total === undefined ? 'records; the vendor does not report how many' : `${number(total)} records`,
    );
  yield row('duration', `${number(ms)} ms`);
  for (const { method, at, status, ms } of requests) yield row('', `${method} ${at}  ${status}  ${ms} ms`);
  for (const [name, value] of Object.entries(account)) yield row('account', `${name}: ${value}`);
  for (const [name, value] of Object.entries(limits)) yield row('limit', `${name}: ${value}`);
  // A smaller skew may be latency and the rounding of the header.
  if (ahead !== undefined && Math.abs(ahead) > 5)
    yield `  ${pc.yellow('!')} The vendor's clock is ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} this one: the vendor may reject logins because of that`;
  for (const warning of warnings) yield `  ${pc.yellow('!')} ${printable(warning)}`;
}
