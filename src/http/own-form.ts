import type { FastifyRequest } from 'fastify'

/** `Sec-Fetch-Site` of a form that is not another site's. */
const OWN_FORM: readonly unknown[] = ['same-origin', 'none']

/** Browsers without Sec-Fetch-Site, or on plain HTTP, send the origin of a form; programs send neither. */
export function isOwnForm({ headers }: FastifyRequest, root: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return OWN_FORM.includes(site)
  return headers.origin === undefined || headers.origin === new URL(root).origin
}
