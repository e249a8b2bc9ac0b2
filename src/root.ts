import type { FastifyInstance } from 'fastify'
import { preferred } from './http/accept.ts'
import { PUBLIC } from './http/access.ts'

export const TITLE = 'TMF678 Customer Bill Management'
const JSON_TYPE = 'application/json'
const HTML_TYPE = 'text/html'

export function registerRoot(app: FastifyInstance, prefix: string, api: string): void {
  const links = {
    docs: `${prefix}/docs`,
    openapi: `${prefix}/openapi.json`,
    asyncapi: `${prefix}/asyncapi.json`,
    api: prefix + api,
    token: `${prefix}/oauth/token`,
    health: `${prefix}/health/ready`
  }
  app.get('/', PUBLIC, async ({ headers }, reply) => {
    reply.header('Vary', 'Accept')
    if (preferred(headers.accept, [JSON_TYPE, HTML_TYPE]) !== HTML_TYPE) {
      return reply.type(`${JSON_TYPE};charset=utf-8`).send(JSON.stringify({ name: TITLE, version: '4.0.0', links }))
    }
    return reply.type(`${HTML_TYPE};charset=utf-8`).send(page(links))
  })
}

const page = ({ docs, openapi, asyncapi, api, health }: Readonly<Record<string, string>>) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${TITLE}</title></head>
<body>
<h1>${TITLE}</h1>
<ul>
<li><a href="${docs}">Documentation, to read and to try</a></li>
<li><a href="${openapi}">OpenAPI document</a></li>
<li><a href="${asyncapi}">AsyncAPI document, of the events</a></li>
<li><a href="${health}">Health</a></li>
</ul>
<p>The API is below <code>${api}</code>; it takes a token or an API key.</p>
</body>
</html>
`
