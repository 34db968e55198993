import { userInfo } from 'node:os';

/** Who runs this command, as the system says. */
export const user = (): string => {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container's user need not have a name
  }
};
