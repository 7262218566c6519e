/** How a shop's server signs a shopper in, in three languages. `key` is the shop's public widget key. */
export type Language = 'python' | 'php' | 'node'

export function signingExample(language: Language, key: string): string {
  if (language === 'python')
    return `import hashlib, hmac, os, time

def xiaoer_identity(user_id: str, name: str) -> dict:
    expires_at = int(time.time()) + 3600
    payload = f"{user_id}|{expires_at}|${key}"
    secret = os.environ["XIAOER_IDENTITY_SECRET"].encode()
    signature = hmac.new(secret, payload.encode(), hashlib.sha256).hexdigest()
    return {"user_id": user_id, "name": name, "expires_at": expires_at, "signature": signature}`
  if (language === 'php')
    return `<?php
function xiaoer_identity(string $user_id, string $name): array {
    $expires_at = time() + 3600;
    $payload = "{$user_id}|{$expires_at}|${key}";
    $signature = hash_hmac('sha256', $payload, getenv('XIAOER_IDENTITY_SECRET'));
    return compact('user_id', 'name', 'expires_at', 'signature');
}`
  return `import { createHmac } from 'node:crypto'

export function xiaoerIdentity(user_id, name) {
  const expires_at = Math.floor(Date.now() / 1000) + 3600
  const payload = \`\${user_id}|\${expires_at}|${key}\`
  const signature = createHmac('sha256', process.env.XIAOER_IDENTITY_SECRET).update(payload).digest('hex')
  return { user_id, name, expires_at, signature }
}`
}
