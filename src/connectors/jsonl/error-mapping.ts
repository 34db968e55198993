import { Failure, type FailureKind } from '../../model/failure.js';

const MEANINGS: Record<string, { kind: FailureKind; message: string; remedy: string }> = {
  ENOENT: {
    kind: 'settings-invalid',
    message: 'does not exist',
    remedy: 'Correct the path in .env, or create the file',
  },
  ENOTDIR: { kind: 'settings-invalid', message: 'lies below a file', remedy: 'Correct the path in .env' },
  ENAMETOOLONG: { kind: 'settings-invalid', message: 'is too long a path', remedy: 'Correct the path in .env' },
  ELOOP: { kind: 'settings-invalid', message: 'is a link that leads to itself', remedy: 'Correct the link' },
  EACCES: { kind: 'settings-invalid', message: 'may not be read', remedy: 'Let the worker’s user read it' },
  EPERM: { kind: 'settings-invalid', message: 'may not be read', remedy: 'Let the worker’s user read it' },
  EISDIR: { kind: 'request-rejected', message: 'is a folder, not a file', remedy: 'Move it away or rename it' },
};

const TRANSIENT = 'Check the disk or the network share';

/** Converts a file-system error to a `Failure` that names the file; any other error is returned unchanged. */
export function fileFailure(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof Failure || typeof code !== 'string') return error;
  if (/^Z_|^ERR_ZLIB/.test(code)) {
    const remedy = 'Compress the file again, or move it away';
    return new Failure('response-mismatch', `${path} is damaged: it does not decompress`, { at: path, remedy });
  }
  if (!/^E[A-Z0-9]+$/.test(code)) return error;
  const { kind, message, remedy } = MEANINGS[code] ?? {
    kind: 'unreachable' as const,
    message: `could not be read (${code})`,
    remedy: TRANSIENT,
  };
  return new Failure(kind, `${path} ${message}`, { at: path, remedy }, { cause: error });
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
