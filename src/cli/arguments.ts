import { parseArgs } from 'node:util'
import { type Arguments, Misuse, OPTIONS, REQUIRED_OPTIONS, type Usage, type Usages } from './command.ts'

export type CommandLine<C> =
  | { readonly kind: 'command'; readonly command: C; readonly args: Arguments }
  | { readonly kind: 'help'; readonly topic: string }

/** Throws Misuse with the way to help. */
export function readCommandLine<C extends Usage>(
  commands: ReadonlyMap<string, C>,
  argv: readonly string[]
): CommandLine<C> {
  const [first, second] = argv
  const names = [`${first} ${second}`, String(first)]
  const name = names.find((candidate) => commands.has(candidate)) ?? ''
  const command = commands.get(name)
  if (first === 'help' || argv.some(isHelp)) {
    const words = argv.filter((word) => word !== 'help' && !isHelp(word)).join(' ')
    return { kind: 'help', topic: command ? name : topicOf(commands, words) }
  }
  if (!command) throw new Misuse(`${fault(commands, argv)}; try help`)
  return { kind: 'command', command, args: readArguments(name, command, argv.slice(name.split(' ').length)) }
}

const isHelp = (text: string): boolean => text === '--help' || text === '-h'

export function namesUnder(usages: Usages, words: string): readonly string[] {
  return [...usages.keys()].filter((name) => words === '' || `${name} `.startsWith(`${words} `))
}

function topicOf(usages: Usages, words: string): string {
  if (namesUnder(usages, words).length > 0) return words
  throw new Misuse(`there is no command ${words}; try help`)
}

function fault(usages: Usages, [first, second]: readonly string[]): string {
  if (first === undefined) return 'which command?'
  if (first.startsWith('-')) return `there is no option ${first} in front of a command`
  const group = namesUnder(usages, first).map((name) => name.slice(first.length + 1))
  if (group.length === 0) return `there is no command ${first}`
  const which = `there are ${group.join(', ')}`
  return second === undefined ? `${first} what? ${which}` : `there is no command ${first} ${second}; ${which}`
}

function readArguments(name: string, usage: Usage, rest: readonly string[]): Arguments {
  const refuse = (what: string): never => {
    throw new Misuse(`${what}; try help ${name}`)
  }
  const { options = [], either = [] } = usage
  const taken = [...options, ...either]
  const { values, positionals } = parsed(rest, refuse)
  const unwanted = Object.keys(values).find((option) => !taken.some((name) => name === option))
  if (unwanted) refuse(`${name} takes no --${unwanted}`)
  const missing = REQUIRED_OPTIONS.find((option) => options.includes(option) && !values[option])
  if (missing) refuse(`${name} needs ${OPTIONS[missing].synopsis}`)
  if (either.length > 0 && either.filter((option) => values[option]).length !== 1) {
    refuse(`${name} needs ${either.map((option) => OPTIONS[option].synopsis).join(' or ')}`)
  }
  const split = splitPositionals(usage, positionals)
  return 'fault' in split ? refuse(`${name} ${split.fault}`) : { ...split, options: values }
}

type Split = Pick<Arguments, 'parameters' | 'assignments'> | { readonly fault: string }

function splitPositionals({ parameters = [], assignments: taken }: Usage, given: readonly string[]): Split {
  const assignments = given.slice(parameters.length)
  const missing = parameters.slice(given.length)
  if (taken === 'required' && assignments.length === 0) missing.push('name=value')
  if (missing.length > 0) return { fault: `needs ${missing.join(' ')}` }
  if (taken || assignments.length === 0) return { parameters: given.slice(0, parameters.length), assignments }
  return { fault: parameters.length === 0 ? 'takes no arguments' : `takes ${parameters.join(' ')} only` }
}

function parsed(rest: readonly string[], refuse: (what: string) => never) {
  try {
    return parseArgs({ args: [...rest], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    // Sentences after the first are for programmers.
    return refuse(error instanceof Error ? String(error.message.split(/\.\s/)[0]) : String(error))
  }
}
