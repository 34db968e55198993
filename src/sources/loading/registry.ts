import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import { Failure } from '../../model/failure.js';
import { asDefinition, faultsOf } from './check.js';
import { loadModule } from './module.js';
import { nearest } from './nearest.js';
import type { AnySource } from '../../model/source.js';

/** All sources, by name. */
export interface SourceRegistry {
  /** In alphabetical order. */
  names(): string[];
  all(): AnySource[];
  /** Throws `Failure('settings-invalid')`, with the most similar name, if there is no such source. */
  get(name: string): AnySource;
  /** Absolute path of the file that declares the source. Throws the same failure. */
  fileOf(name: string): string;
  /** Whether the source belongs to the project. Throws the same failure. */
  isOwn(name: string): boolean;
}

export interface LoadOptions {
  /** Further folders with source files, absolute paths. */
  folders?: readonly string[];
  /** Called for each invalid source file. Without it, `loadSources` throws at the first one. */
  onFault?: (fault: Failure) => void;
}

/**
 * Loads the sources of the project and of further folders (absolute paths). Each source is the default export of one file,
 * `NAME.ts` or `NAME/source.ts`. Files without a default export are helpers. Throws a `Failure('settings-invalid')` that names
 * the file and its fault.
 */
export function loadSources({ folders = [], onFault }: LoadOptions = {}): SourceRegistry {
  const sources = new Map<string, { source: AnySource; file: string }>();
  const helpers = new Map<string, string>();
  const add = (file: string, load: (file: string) => unknown) => {
    const name = nameOf(file);
    const value = defaultExport(file, load);
    if (value === undefined) {
      helpers.set(name, file);
      return;
    }
    const faults = faultsOf(value, name);
    if (faults.length > 0) throw invalid(file, `is not a valid source: ${faults.join('; ')}`);
    const other = sources.get(name);
    if (other) throw invalid(file, `declares the source ${name}, which ${shown(other.file)} declares already`);
    sources.set(name, { source: asDefinition(value), file });
  };
  const tolerant = (work: () => void) => {
    try {
      work();
    } catch (error) {
      if (!onFault || !(error instanceof Failure)) throw error;
      onFault(error);
    }
  };
  for (const file of sourceFiles(PROJECT)) add(file, (path) => require(path) as unknown);
  for (const folder of folders) {
    tolerant(() => {
      for (const file of sourceFiles(folder)) tolerant(() => add(file, (path) => loadModule(path)));
    });
  }
  const names = [...sources.keys()].sort();
  const found = (name: string) => {
    const source = sources.get(name);
    if (source) return source;
    throw unknownSource(name, names, helpers.get(name), folders);
  };
  return {
    names: () => [...names],
    all: () => names.map((name) => sources.get(name)!.source),
    get: (name) => found(name).source,
    fileOf: (name) => found(name).file,
    isOwn: (name) => found(name).file.startsWith(PROJECT + sep),
  };
}

const PROJECT = join(__dirname, '..');

/** The name of a source is the name of its file, or of its folder if the file is `source.ts`. */
function nameOf(file: string): string {
  const name = basename(file, extname(file));
  return name === 'source' ? basename(dirname(file)) : name;
}

function sourceFiles(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const files = entries
      .filter(
        (entry) =>
          !entry.isDirectory() && /^[^.].*\.[jt]s$/.test(entry.name) && !/\.(?:d\.ts|test\.[jt]s)$/.test(entry.name),
      )
      .map((entry) => join(folder, entry.name));
    const folders = entries
      .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
      .flatMap(({ name }) => ['source.ts', 'source.js'].map((file) => join(folder, name, file)).filter(existsSync));
    return [...files, ...folders].sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw invalid(folder, `cannot be read as a folder of sources (${code})`);
  }
}

function defaultExport(file: string, load: (file: string) => unknown): unknown {
  let loaded: unknown;
  try {
    loaded = load(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = `${shown(file)} cannot be loaded: ${firstLine(error)}`;
    throw new Failure('settings-invalid', why, { at: file }, { cause: error });
  }
  const exported = loaded as { default?: unknown; input?: unknown; map?: unknown } | null;
  // A CommonJS file may export the definition itself.
  return exported?.default ?? (exported?.input && exported.map ? exported : undefined);
}

/** The first line of an error message, without the compiler's code frame, with the line number. */
function firstLine(error: unknown): string {
  const text = String((error as { message?: unknown } | null)?.message ?? error);
  const line = /\.[jt]s:(\d+):\d+\]/.exec(text)?.[1];
  const first = text.split('\n').find((candidate) => candidate.trim() !== '') ?? 'unknown error';
  return first.replace(/^\s*[x×]\s+/u, '').trim() + (line === undefined ? '' : ` (line ${line})`);
}

function unknownSource(
  name: string,
  names: readonly string[],
  helper: string | undefined,
  folders: readonly string[],
): Failure {
  if (helper !== undefined) return invalid(helper, 'has no default export made by defineSource()');
  const near = nearest(name, names);
  return new Failure(
    'settings-invalid',
    `There is no source ${name}${near === undefined ? '' : `, did you mean ${near}`}`,
    {
      at: name,
      remedy: `Known sources: ${names.join(', ')}. Rollcall searches for your own sources in ${folders.map(shown).join(', ') || './sources'}: ROLLCALL_SOURCES names other folders`,
    },
  );
}

function invalid(file: string, fault: string): Failure {
  return new Failure('settings-invalid', `${shown(file)} ${fault}`, {
    at: file,
    remedy: 'Correct the file, or remove its folder from ROLLCALL_SOURCES',
  });
}

/** Path relative to the current folder; absolute outside of it. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}
