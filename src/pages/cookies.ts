import type { CookieSerializeOptions } from '@fastify/cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The cookies of pages, by their own names. */
export interface CookieJar {
  read(request: FastifyRequest): Readonly<Record<string, string | undefined>>
  /** Undefined removes the cookie. */
  set(reply: FastifyReply, name: string, value: string | undefined): void
}

/**
 * Keeps cookies from scripts, and from forms of other sites. Over HTTPS no other host and no subdomain can set them
 * (RFC 6265bis, section 4.1.3.2).
 */
export function cookieJar(publicUrl: string | undefined): CookieJar {
  const secure = publicUrl?.startsWith('https:') ?? false
  const prefix = secure ? '__Host-portal-' : 'portal-'
  const options: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'lax', secure }
  return {
    read: ({ cookies }) =>
      Object.fromEntries(
        Object.entries(cookies)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, value]) => [name.slice(prefix.length), value])
      ),
    set: (reply, name, value) => {
      if (value === undefined) reply.clearCookie(prefix + name, options)
      else reply.setCookie(prefix + name, value, options)
    }
  }
}
