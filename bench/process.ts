import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** CPU seconds (user and system) and peak resident megabytes of a process, from /proc, or from `ps` if there is no /proc. */
export async function usageOf(pid: number): Promise<{ cpu: number; peakMb: number }> {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return { cpu: ticks / 100, peakMb: Number(peak) / 1024 };
  } catch {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=,cputime=', '-p', String(pid)]);
    const [rss = '0', time = '0:0'] = stdout.trim().split(/\s+/);
    const cpu = time.split(/[:-]/).reduce((sum, part) => sum * 60 + Number(part), 0);
    return { cpu, peakMb: Number(rss) / 1024 };
  }
}
