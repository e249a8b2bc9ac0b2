import { readCommandLine } from '../src/cli/arguments.ts'
import type { Context } from '../src/cli/command.ts'
import { databaseCommands } from '../src/cli/index.ts'
import type { Api } from './api.ts'
import type { Month } from './calendar.ts'
import type { Cast } from './cast.ts'
import { Unexpected } from './expectation.ts'
import type { Narrator } from './narrator.ts'

/** The server, the commands' context and the narrator of a play. */
export interface Stage {
  /** Of the server, e.g. `http://127.0.0.1:41234`. */
  readonly root: string
  readonly commands: Context
  readonly narrator: Narrator
  /** Ends the play early. */
  readonly signal: AbortSignal
  /** The folder for documents. */
  readonly folder: string
  /** The number of postpaid accounts. */
  readonly accounts: number
}

/** A stage with a signed-in administrator. */
export interface Scene extends Stage {
  readonly api: Api
  readonly month: Month
  readonly cast: Cast
}

/** Prints and runs a command. Returns its output. Throws Unexpected if it fails. */
export async function runCommand(stage: Stage, words: readonly string[]): Promise<string> {
  stage.narrator.command(`npm run cli -- ${words.map(quoted).join(' ')}`)
  return outputOf(stage, words)
}

/** Runs a command without printing it. */
export async function outputOf({ commands }: Stage, words: readonly string[]): Promise<string> {
  const line = readCommandLine(databaseCommands, words)
  if (line.kind === 'help') throw new Error(`${line.topic} is no command on the database`)
  const { text, isFailure } = await line.command.prepare(line.args)(commands)
  if (!isFailure) return text
  throw new Unexpected(`The demo expected ${words.join(' ')} to find all well, but it printed: ${text}`)
}

/** Works on all of a list, several at a time. Returns the results in order. */
export async function forAll<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const outcomes: R[] = []
  let next = 0
  const oneAfterTheOther = async () => {
    while (next < list.length) {
      const at = next++
      outcomes[at] = await work(list[at] as T).catch((error: unknown) => {
        next = list.length
        throw error
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther))
  return outcomes
}

const AT_ONCE = 8

/** Quotes for a shell. */
function quoted(word: string): string {
  return /^[\w.:=/-]+$/.test(word) ? word : `'${word}'`
}
