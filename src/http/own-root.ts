const ANY_ADDRESS = ['0.0.0.0', '::']

/** Returns where a port that listens on a host is reached from this machine. */
export function rootOf(host: string, port: unknown): string {
  const own = ANY_ADDRESS.includes(host) ? '127.0.0.1' : host
  return `http://${own.includes(':') ? `[${own}]` : own}:${port}`
}
