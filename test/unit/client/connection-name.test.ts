import assert from 'node:assert/strict';
import { splitPassword } from '../../../client/src/connection-name.ts';
import { seal } from '../../../client/src/seal.ts';
import { createSealedBox } from '../../../server/src/lsp/sealed.ts';

describe('a connection that the user adds', () => {
  it('is kept without its password', () => {
    for (const [text, connection, password] of [
      ['postgres://ada:p%40ss@db:5433/app', 'postgres://ada@db:5433/app', 'p@ss'],
      [' postgresql://ada:@db/app ', 'postgresql://ada@db/app', ''],
      ['postgres://ada@db/app', 'postgres://ada@db/app', undefined],
      [
        'postgres://db/app?sslmode=require&password=x&sslpassword=y',
        'postgres://db/app?sslmode=require',
        'x',
      ],
      ['postgres://ada@db/app?password=x', 'postgres://ada@db/app', 'x'],
      [`host=db password='it\\'s secret' dbname=app`, 'host=db dbname=app', "it's secret"],
      ['password=x', '', 'x'],
      ['host=db', 'host=db', undefined],
      ['nonsense', 'nonsense', undefined],
    ] as const)
      assert.deepEqual(splitPassword(text), { connection, password }, text);
  });

  it('has its password sealed for the server process alone', () => {
    const box = createSealedBox();
    for (const text of ['', 'secret', 'ä'.repeat(3000)]) {
      const sealed = seal(text, box.publicKey);
      assert.equal(box.open(sealed), text);
      assert.notEqual(seal(text, box.publicKey), sealed);
      assert.throws(() => createSealedBox().open(sealed));
    }
    const changed = Buffer.from(seal('secret', box.publicKey), 'base64');
    changed[changed.length - 1] = (changed[changed.length - 1] ?? 0) ^ 1;
    assert.throws(() => box.open(changed.toString('base64')));
  });
});
