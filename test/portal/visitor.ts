import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'

/** A browser without scripts: it keeps cookies, and sends the hidden fields of the form that it has loaded. */
export interface Visitor {
  readonly cookies: Map<string, string>
  get(url: string, headers?: Record<string, string>): Promise<LightMyRequestResponse>
  /** Loads a page and sends its form; `headers` go with the form. */
  send(url: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<LightMyRequestResponse>
}

export function visitor(app: FastifyInstance): Visitor {
  const cookies = new Map<string, string>()
  const ask = async (options: InjectOptions) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await app.inject({ ...options, headers: { ...options.headers, ...(cookie && { cookie }) } })
    for (const { name, value, maxAge, expires } of response.cookies) {
      const isRemoved = maxAge === 0 || (expires !== undefined && expires.getTime() === 0)
      if (isRemoved) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const get: Visitor['get'] = (url, headers = {}) => ask({ method: 'GET', url, headers })
  return {
    cookies,
    get,
    send: async (url, fields, headers = {}) => {
      const page = (await get(url)).body
      const form = page.slice(page.indexOf('<main'))
      const action = /action="([^"]+)"/.exec(form)?.[1] ?? url
      const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
      const known = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]))
      return ask({
        method: 'POST',
        url: action,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: String(new URLSearchParams({ ...known, ...fields }))
      })
    }
  }
}
