import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import type { Surroundings } from './keywords.ts';

/** This process's, with these environment variables. */
export function nodeSurroundings(env: Surroundings['env']): Surroundings {
  return {
    env,
    home: homedir(),
    osUser: userName(env),
    platform: process.platform,
    exists: existsSync,
    readFile(path) {
      try {
        const { mode, size } = statSync(path);
        // A password file has kilobytes; a device or a mistake may have no end.
        return size > maxSize ? undefined : { text: readFileSync(path, 'utf8'), mode };
      } catch {
        return undefined;
      }
    },
  };
}

/** Bytes. */
const maxSize = 16 * 1024 * 1024;

function userName(env: Surroundings['env']): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list, as in many containers.
    return env.USER ?? env.USERNAME ?? 'postgres';
  }
}
