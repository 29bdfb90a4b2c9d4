import { createDecipheriv, createPublicKey, diffieHellman, generateKeyPairSync, hkdfSync } from 'node:crypto';

/** Opens what a client sealed for this process, as the client's `seal` lays it out. */
export interface SealedBox {
  /** The key to seal for, PEM. */
  readonly publicKey: string;
  /** @throws where it was not sealed for this process, or changed since */
  open(sealed: string): string;
}

const senderLength = 44;
const nonceLength = 12;
const tagLength = 16;

export function createSealedBox(): SealedBox {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const nonceEnd = senderLength + nonceLength;
      const sender = createPublicKey({ key: bytes.subarray(0, senderLength), format: 'der', type: 'spki' });
      const secret = diffieHellman({ privateKey, publicKey: sender });
      const key = Buffer.from(hkdfSync('sha256', secret, '', 'switchback password', 32));
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(senderLength, nonceEnd));
      decipher.setAuthTag(bytes.subarray(nonceEnd, nonceEnd + tagLength));
      const text = decipher.update(bytes.subarray(nonceEnd + tagLength));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    },
  };
}
