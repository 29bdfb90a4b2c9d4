import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../../server/src/rehearsal/model.ts';
import type { ServerConnection } from '../../../server/src/rehearsal/server-connection.ts';
import { createWatcher } from '../../../server/src/rehearsal/server-progress.ts';

describe('a look at what takes long', () => {
  it('is given up where the connection is lost, and the work tells of that', async () => {
    let looks = 0;
    const monitor: Connection = {
      async query() {
        looks += 1;
        throw new Error('The connection to the server was lost.');
      },
      async exec() {},
    };
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    const others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
    try {
      const watcher = createWatcher({ pid: 1 } as ServerConnection, monitor);
      watcher.listen(() => {});
      assert.equal(await watcher.during(() => delay(1100, 'done')), 'done');
      await delay(10);
    } finally {
      process.off('unhandledRejection', note);
      for (const one of others) process.on('unhandledRejection', one);
    }
    assert.equal(looks, 1);
    assert.deepEqual(unhandled, []);
  });
});
