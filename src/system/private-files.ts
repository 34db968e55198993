/** Mode of folders that hold an inventory, logs or keys: only the owner has access. */
export const PRIVATE_FOLDER = 0o700;
/** Mode of files of the same kind. */
export const PRIVATE = { mode: 0o600 } as const;

/** Makes all files and folders private that this process and its child processes create, including servers and libraries. */
export function makeFilesPrivate(): void {
  process.umask(0o077);
}
