import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

/**
 * Seals a text for the holder of an X25519 key (its public part in PEM): only that process can open it. Base64 of
 * the sender's key (DER, 44 bytes), a nonce (12), the tag (16) and the text under AES-256-GCM.
 */
export function seal(text: string, recipient: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const secret = diffieHellman({ privateKey, publicKey: createPublicKey(recipient) });
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'switchback password', 32));
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const sender = publicKey.export({ type: 'spki', format: 'der' });
  return Buffer.concat([sender, nonce, cipher.getAuthTag(), sealed]).toString('base64');
}
