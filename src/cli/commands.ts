import { Command } from 'commander';

/** A command with its name and summary; its module loads only when the command runs. */
export interface Listed {
  name: string;
  /** Text for the list of commands; the command's own description is longer. */
  summary: string;
  load: () => Promise<Command>;
}

const command = (name: string, summary: string, load: () => Promise<Command>): Listed => ({ name, summary, load });

/** All commands, grouped by purpose, in the order of the help. */
export const COMMANDS: Readonly<Record<string, readonly Listed[]>> = {
  'Try it': [
    command(
      'demo',
      'the whole pipeline on simulated vendors',
      async () => (await import('./commands/demo/command.js')).demoCommand,
    ),
  ],
  Collect: [
    command('worker', 'run a worker', async () => (await import('./commands/worker.js')).workerCommand),
    command('trigger', 'start a run now', async () => (await import('./commands/runs/trigger.js')).triggerCommand),
    command(
      'schedule',
      'when runs start by themselves',
      async () => (await import('./commands/runs/schedule.js')).scheduleCommand,
    ),
    command(
      'status',
      'what is running, and the state of each source',
      async () => (await import('./commands/status/command.js')).statusCommand,
    ),
    command(
      'runs',
      'past runs, and retirements that await confirmation',
      async () => (await import('./commands/runs/runs.js')).runsCommand,
    ),
    command('pause', 'pause sources', async () => (await import('./commands/runs/signals.js')).pauseCommand),
    command(
      'resume',
      'continue paused and parked sources',
      async () => (await import('./commands/runs/signals.js')).resumeCommand,
    ),
    command('stop', 'end sources early', async () => (await import('./commands/runs/signals.js')).stopCommand),
    command('replay', 'read stored pages again', async () => (await import('./commands/runs/replay.js')).replayCommand),
  ],
  'Look at hosts': [
    command('hosts', 'find hosts', async () => (await import('./commands/hosts/hosts.js')).hostsCommand),
    command(
      'host',
      'show one host, and why its records were merged',
      async () => (await import('./commands/hosts/host.js')).hostCommand,
    ),
    command(
      'changes',
      'what happened lately',
      async () => (await import('./commands/hosts/changes.js')).changesCommand,
    ),
    command(
      'why',
      'why two records are one host, or not',
      async () => (await import('./commands/hosts/why.js')).whyCommand,
    ),
    command('ui', 'a web page to look things up', async () => (await import('./commands/ui.js')).uiCommand),
    command(
      'report',
      'charts, and lists of hosts that need action',
      async () => (await import('./commands/report.js')).reportCommand,
    ),
    command(
      'export',
      'hosts as JSON lines, CSV, OCSF or ECS',
      async () => (await import('./commands/export.js')).exportCommand,
    ),
    command('events', 'delivered events, in order', async () => (await import('./commands/events.js')).eventsCommand),
  ],
  'Decide about hosts': [
    command(
      'split',
      'take records out of a host',
      async () => (await import('./commands/hosts/decide.js')).splitCommand,
    ),
    command('join', 'make two hosts one', async () => (await import('./commands/hosts/decide.js')).joinCommand),
    command(
      'decisions',
      'list the decisions of users',
      async () => (await import('./commands/hosts/decide.js')).decisionsCommand,
    ),
    command('undo', 'undo decisions', async () => (await import('./commands/hosts/decide.js')).undoCommand),
    command('merge', 'resolve all records anew', async () => (await import('./commands/hosts/merge.js')).mergeCommand),
  ],
  'Check and repair': [
    command(
      'sources',
      'list, check, preview and create sources',
      async () => (await import('./commands/sources/command.js')).sourcesCommand,
    ),
    command(
      'doctor',
      'check everything, and show the fixes',
      async () => (await import('./commands/doctor/command.js')).doctorCommand,
    ),
    command(
      'quarantine',
      'what could not be read, and retry it',
      async () => (await import('./commands/quarantine/command.js')).quarantineCommand,
    ),
    command('verify', 'recount a run', async () => (await import('./commands/verify.js')).verifyCommand),
    command('logs', 'what workers have logged', async () => (await import('./commands/logs.js')).logsCommand),
  ],
  'Keep it safe': [
    command(
      'backup',
      'everything, into a folder',
      async () => (await import('./commands/keep/backup.js')).backupCommand,
    ),
    command(
      'restore',
      'a backup, into an empty database',
      async () => (await import('./commands/keep/restore.js')).restoreCommand,
    ),
    command('prune', 'remove old raw pages', async () => (await import('./commands/keep/prune.js')).pruneCommand),
  ],
  'Personal data': [
    command(
      'mask',
      'the keys that it is masked with',
      async () => (await import('./commands/privacy/mask.js')).maskCommand,
    ),
    command(
      'unmask',
      'masked values in clear',
      async () => (await import('./commands/privacy/unmask.js')).unmaskCommand,
    ),
    command(
      'erase',
      'one machine, record or user, everywhere',
      async () => (await import('./commands/privacy/erase.js')).eraseCommand,
    ),
  ],
};
