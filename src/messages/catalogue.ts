import { errorBody } from '../base/problem.ts'
import { BODIES } from './body.ts'
import type { Entry } from './message.ts'
import { QUERIES } from './query.ts'
import { SERVER } from './server.ts'

/** All that clients can be told, by what it is about. */
export const CATALOGUE: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  'Query strings': QUERIES,
  Bodies: BODIES,
  'The server': SERVER
}

export function errorsPage(): string {
  const sections = Object.entries(CATALOGUE).map(([about, entries]) => {
    const lines = Object.values(entries).map(({ example }) => lineOf(errorBody(example(), '')))
    return `## ${about}\n\n${COLUMNS}\n| --- | --- | --- | --- | --- |\n${lines.join('')}`
  })
  return `${HEAD}\n${sections.join('\n')}`
}

function lineOf({ messageCode, status, code, reason, message = '' }: Readonly<Record<string, string>>): string {
  const text = message.replaceAll(/[\\`*_<|]/g, String.raw`\$&`)
  return `| \`${messageCode}\` | ${status} | ${code} | ${reason} | ${text} |\n`
}

const COLUMNS = '| messageCode | status | code | reason | message, for example |'

const HEAD = `# Errors

Written by \`npm run openapi\` from \`src/messages\`, where each message stands once.

Every error has a \`messageCode\`. It stays the same when its text gets better, so programs and support can go by
it. The \`code\` and the \`reason\` say what kind of failure it is. The messages below have the values of an
example. A line of many that is refused has a \`messageCode\` for each of its errors. Errors of OAuth have the
members of RFC 6749 instead.
`
