import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { collection } from '../../ctk/collection.ts'
import type { Folder, Item } from '../../ctk/postman.ts'
import { runCommand } from '../../ctk/run.ts'
import type { RunnableFolder, Summary } from '../../ctk/runner.ts'
import { DEMO } from '../../sample-data/credentials.ts'

const RUN = fileURLToPath(new URL('../../ctk/run.ts', import.meta.url))
const SECRETS = { CTK_CLIENT_SECRET: DEMO.clientSecret, CTK_PASSWORD: DEMO.password }

/** Exit code and output. */
export interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly errors: string
}

/** Runs `npm run ctk` in a folder, with the demo's secrets in its environment. */
export const ctk = ctkOf(collection())

/** Runs another collection. */
export function ctkOf(collection: RunnableFolder) {
  return async (folder: string, ...args: readonly string[]): Promise<Outcome> => {
    const [output, errors]: [string[], string[]] = [[], []]
    const say = (text: string) => output.push(`${text}\n`)
    const complain = (text: string) => errors.push(`${text}\n`)
    const code = await runCommand(args, { collection, folder, env: SECRETS, say, complain })
    return { code, output: output.join(''), errors: errors.join('') }
  }
}

/** Runs it in a process of its own. */
export async function ctkProcess(folder: string, ...args: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, ...SECRETS, NODE_NO_WARNINGS: '1', npm_lifecycle_event: '' }
  const child = spawn(process.execPath, [RUN, ...args], { cwd: folder, env })
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code: child.exitCode, output, errors }
}

export function lastLine({ output }: Outcome): string | undefined {
  return output.trim().split('\n').at(-1)
}

/** Returns the JSON report of a run; `name` is the file's name without its ending. */
export function readReport(folder: string, reports: string, name: string): Summary {
  return JSON.parse(readFileSync(path.join(folder, reports, `${name}.json`), 'utf8'))
}

/** Returns the requests below a folder in order. */
export function requestsOf(node: Folder | Item): readonly Item[] {
  return 'item' in node ? node.item.flatMap(requestsOf) : [node]
}

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that answers everything with one status and remembers the requests. */
export async function startStub(answer: (asked: Asked) => string, status = 200) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const each = { method, url, headers, body: await text(request) }
    asked.push(each)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(answer(each))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}/api/v4`, asked, stop: () => server.close() }
}

/** Writes a kit of the official form with one POST, whose script is `check`. */
export function writeKit(folder: string, check: string, payload: unknown): void {
  const write = (name: string, content: unknown) => writeFileSync(path.join(folder, name), JSON.stringify(content))
  const request = {
    method: 'POST',
    header: [{ key: 'X-Of-The-Collection', value: 'replaced' }],
    body: { mode: 'raw', raw: '{}' },
    url: { raw: '{{Customer_Bill}}customerBillOnDemand', host: ['{{Customer_Bill}}customerBillOnDemand'] }
  }
  const event = [{ listen: 'test', script: { type: 'text/javascript', exec: [check] } }]
  const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'
  mkdirSync(path.join(folder, 'ctk', 'schemas'), { recursive: true })
  write('config.json', {
    url: 'http://localhost:1/never-asked/',
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'X-Of-The-Kit': 'secret-of-the-kit' },
    payloads: { CustomerBillOnDemand: { POST: { payload } } }
  })
  write('ctk/CTK-Tiny.postman_collection.json', {
    info: { name: 'Tiny', schema },
    item: [{ name: 'N1', item: [{ name: '/CustomerBillOnDemand', event, request }] }]
  })
  write('ctk/TMFENV-V4.0.0.postman_environment.json', {
    name: 'TMFENV',
    values: [
      { key: 'Customer_Bill', value: 'http://localhost/', enabled: true },
      { key: 'Other', value: 'of the environment', enabled: true }
    ]
  })
  write('ctk/schemas/CustomerBillOnDemand.schema.json', {
    $schema: 'http://json-schema.org/draft-04/schema#',
    type: 'object',
    required: ['billingAccount']
  })
}
