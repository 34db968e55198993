import { colours as pc } from '../../../format/colours.js';
import { printable } from '../../../format/printable.js';
import type { Finding, Level } from '../../../diagnostics/doctor/check.js';
import { NOT_CHECKED, type Group } from '../../../diagnostics/doctor/run-checks.js';

const MARKS: Record<Level, string> = {
  ok: pc.green('✓'),
  attention: pc.yellow('!'),
  down: pc.red('✗'),
  skipped: pc.dim('-'),
};

/** The lines of all groups, and a summary. */
export function textOf(groups: readonly Group[]): string {
  const hidden = groups.filter(({ findings }) => findings.some(({ message }) => message.startsWith(NOT_CHECKED)));
  const shown = groups.filter((group) => group.findings.length > 0 && !hidden.includes(group));
  const parts = shown.map(({ group, findings }) => [pc.bold(group), ...findings.flatMap(lines)].join('\n'));
  // Groups that could not be checked are only named. The group of the server that does not respond shows the reason.
  if (hidden.length > 0) parts.push(pc.dim(`${NOT_CHECKED}: ${hidden.map(({ group }) => group).join(', ')}`));
  return [...parts, summary(groups)].join('\n');
}

function lines({ level, message, fix }: Finding): string[] {
  const text = level === 'skipped' ? pc.dim(printable(message)) : printable(message);
  return [`  ${MARKS[level]} ${text}`, ...(fix === undefined ? [] : [`      → ${printable(fix)}`])];
}

function summary(groups: readonly Group[]): string {
  const of = (level: Level) =>
    groups.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;
  const [attention, down] = [of('attention'), of('down')];
  if (attention + down === 0) return pc.green('\nAll is well');
  const servers = down === 0 ? [] : [pc.red(`${down} ${down === 1 ? 'server does' : 'servers do'} not respond`)];
  const others =
    attention === 0 ? [] : [pc.yellow(`${attention} ${attention === 1 ? 'thing needs' : 'things need'} attention`)];
  return `\n${[...servers, ...others].join(', ')}`;
}
