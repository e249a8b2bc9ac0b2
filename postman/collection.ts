import { mkdirSync, writeFileSync } from 'node:fs'
import { script } from '../ctk/postman.ts'
import { DEMO } from '../sample-data/credentials.ts'
import { openApiText } from '../src/openapi-file.ts'
import type { Task, TaskRequest } from './task.ts'
import { TASKS } from './tasks.ts'

/** The committed collection and environment. */
export const POSTMAN_FOLDER = new URL('../openapi/postman/', import.meta.url)
const FORM = 'application/x-www-form-urlencoded'
const PARTS = 'multipart/form-data'
const LINES = 'application/x-ndjson'
const API = '{{root}}/customerBillManagement/v4'

interface Operation {
  readonly operationId: string
  readonly description: string
  readonly security: readonly object[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> }
  readonly responses: Readonly<Record<string, object>>
}

interface Described {
  readonly method: string
  readonly url: string
  readonly operation: Operation
}

const OPERATIONS: ReadonlyMap<string, Described> = new Map(
  Object.entries<Readonly<Record<string, Operation>>>(JSON.parse(openApiText()).paths).flatMap(([path, item]) => {
    const { servers, ...operations } = item
    const url = (servers ? '{{root}}' : API) + path
    return Object.entries(operations).map(([method, operation]): [string, Described] => [
      operation.operationId,
      { method: method.toUpperCase(), url, operation }
    ])
  })
)

/** Returns the text of each file by its name. */
export function postmanFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['tmf678-server.postman_collection.json', textOf(collection())],
    ['demo.postman_environment.json', textOf(ENVIRONMENT)]
  ])
}

/** Returns the collection: a folder per task. Requests use variables that earlier ones save. */
export function collection() {
  return {
    info: {
      name: 'tmf678-server',
      description: 'Everyday tasks, one per folder. Choose an environment. The collection gets its token itself.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    event: script('prerequest', FETCH_TOKEN),
    item: TASKS.map(folder)
  }
}

/** The server of `npm start`; its credentials are public. */
const ENVIRONMENT = {
  name: 'tmf678-server, demo data',
  values: [
    { key: 'root', value: 'http://127.0.0.1:3000' },
    { key: 'clientId', value: DEMO.tenantId },
    { key: 'clientSecret', value: DEMO.clientSecret, type: 'secret' },
    { key: 'username', value: DEMO.username },
    { key: 'password', value: DEMO.password, type: 'secret' },
    { key: 'partnerKey', value: DEMO.partnerKey, type: 'secret' }
  ].map((variable) => ({ type: 'default', ...variable, enabled: true }))
}

/** Gets a token when there is none, or a minute before it expires. */
const FETCH_TOKEN = [
  'const wanted = (name) => pm.variables.get(name)',
  "pm.variables.set('passwordHash', CryptoJS.SHA256(wanted('password')).toString())",
  "if (!wanted('token') || Date.now() > Number(wanted('tokenEnd'))) {",
  '  const fields = {',
  "    grant_type: 'password',",
  "    client_id: wanted('clientId'),",
  "    client_secret: wanted('clientSecret'),",
  "    username: wanted('username'),",
  "    password: wanted('passwordHash')",
  '  }',
  '  const urlencoded = Object.entries(fields).map(([key, value]) => ({ key, value }))',
  "  const body = { mode: 'urlencoded', urlencoded }",
  "  pm.sendRequest({ url: wanted('root') + '/oauth/token', method: 'POST', body }, (error, response) => {",
  "    if (error || response.code !== 200) throw new Error('no token: ' + (error || response.text()))",
  '    const { access_token, expires_in } = response.json()',
  "    pm.environment.set('token', access_token)",
  "    pm.environment.set('tokenEnd', String(Date.now() + (expires_in - 60) * 1000))",
  '  })',
  '}'
]

function folder({ name, description, requests }: Task) {
  return { name, description, item: requests.map(item) }
}

function item(asked: TaskRequest) {
  const { operation: id, name, status, query = '', headers = {}, save = {}, before = [], after = [] } = asked
  const found = OPERATIONS.get(id)
  if (!found?.operation.responses[status]) throw new Error(`${id} does not answer ${status}`)
  const { method, operation } = found
  const isOpen = asked.isOpen ?? operation.security.some((requirement) => Object.keys(requirement).length === 0)
  const type = typeOf(asked, operation)
  const saved = Object.entries(save).map(
    ([variable, path]) => `pm.environment.set('${variable}', pm.response.json()${path})`
  )
  const request = {
    method,
    ...((isOpen || operation.security.length === 0) && { auth: { type: 'noauth' } }),
    // Postman names the boundary between the parts.
    header: Object.entries({ ...(type && type !== PARTS && { 'Content-Type': type }), ...headers }).map(
      ([key, value]) => ({
        key,
        value
      })
    ),
    url: urlOf(found.url, asked.path) + (query && `?${query}`),
    ...(type && { body: bodyOf(type, asked.body ?? operation.requestBody?.content[type]?.example) }),
    description: operation.description
  }
  const event = [...script('prerequest', before), ...script('test', [...saved, ...after])]
  return { name, event, request, response: [{ name: String(status), originalRequest: request, code: status }] }
}

function typeOf({ type, body }: TaskRequest, { requestBody }: Operation): string | undefined {
  const [first] = Object.keys(requestBody?.content ?? {})
  if (type ?? first === undefined) return type
  return body === null ? undefined : first
}

/** Fills the parameters of a path, in their order. */
function urlOf(template: string, values: readonly string[] = []): string {
  const left = [...values]
  return template.replaceAll(/(?<!\{)\{\w+\}(?!\})/g, () => left.shift() ?? '')
}

function bodyOf(type: string, body: unknown) {
  const fields = Object.entries(Object(body))
  if (type === FORM) return { mode: 'urlencoded', urlencoded: fields.map(([key, value]) => ({ key, value })) }
  if (type === PARTS) {
    return { mode: 'formdata', formdata: fields.map(([key, value]) => ({ key, value: String(value), type: 'text' })) }
  }
  if (type === LINES)
    return {
      mode: 'raw',
      raw: [body]
        .flat()
        .map((line) => JSON.stringify(line))
        .join('\n')
    }
  return { mode: 'raw', raw: JSON.stringify(body, null, 2), options: { raw: { language: 'json' } } }
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

if (import.meta.main) {
  mkdirSync(POSTMAN_FOLDER, { recursive: true })
  for (const [name, text] of postmanFiles()) writeFileSync(new URL(name, POSTMAN_FOLDER), text)
}
