import { parseArgs } from 'node:util'
import { type Arguments, Misuse, OPTIONS, type OptionName, type Usage, type Usages } from './command.ts'

/** A command with its arguments, or the wish to be told how one (or a group, or everything) is used. */
export type CommandLine =
  | { readonly kind: 'command'; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'help'; readonly topic: string }

const HELP = ['--help', '-h']

/** Reads what follows the name of the program. Throws Misuse, which says where help is found. */
export function readCommandLine(usages: Usages, argv: readonly string[]): CommandLine {
  const name = [argv.slice(0, 2).join(' '), argv[0] ?? ''].find((candidate) => usages.has(candidate)) ?? ''
  const usage = usages.get(name)
  const rest = argv.slice(name.split(' ').length)
  if (name === 'help') return { kind: 'help', topic: topicOf(usages, rest) }
  if (!usage && !argv.some(isHelp)) throw new Misuse(`${fault(usages, argv)}; try help`)
  if (!usage) {
    const words = argv.slice(0, argv.findIndex(isHelp))
    return { kind: 'help', topic: topicOf(usages, words) }
  }
  if (rest.some(isHelp)) return { kind: 'help', topic: name }
  try {
    return { kind: 'command', name, args: readArguments(name, usage, rest) }
  } catch (error) {
    if (error instanceof Misuse) throw new Misuse(`${error.message}; try help ${name}`)
    throw error
  }
}

const isHelp = (text: string): boolean => HELP.includes(text)

/** Commands whose first words are these. */
export function commandsOf(usages: Usages, topic: string): readonly string[] {
  return [...usages.keys()].filter((name) => topic === '' || name === topic || name.startsWith(`${topic} `))
}

function topicOf(usages: Usages, words: readonly string[]): string {
  const topic = words.filter((word) => !isHelp(word)).join(' ')
  if (commandsOf(usages, topic).length > 0) return topic
  throw new Misuse(`there is no command ${topic}; try help`)
}

/** What is wrong with arguments that begin with no command. */
function fault(usages: Usages, [first, second]: readonly string[]): string {
  if (first === undefined) return 'which command?'
  if (first.startsWith('-')) return `there is no option ${first} in front of a command`
  const group = commandsOf(usages, first).map((name) => name.slice(first.length + 1))
  if (group.length === 0) return `there is no command ${first}`
  const which = `there are ${group.join(', ')}`
  return second === undefined ? `${first} what? ${which}` : `there is no command ${first} ${second}; ${which}`
}

function readArguments(name: string, usage: Usage, rest: readonly string[]): Arguments {
  const { options: taken = [] } = usage
  const { values: options, positionals } = parsed(rest)
  const unwanted = (Object.keys(options) as OptionName[]).find((option) => !taken.includes(option))
  if (unwanted) throw new Misuse(`${name} takes no --${unwanted}`)
  if (taken.includes('tenant') && !options.tenant) throw new Misuse(`${name} needs --tenant TENANT`)
  return { ...splitPositionals(name, usage, positionals), options }
}

function splitPositionals(name: string, { parameters = [], hasAssignments = false }: Usage, given: readonly string[]) {
  const split = { parameters: given.slice(0, parameters.length), assignments: given.slice(parameters.length) }
  const missing = parameters.slice(given.length)
  if (hasAssignments && split.assignments.length === 0) missing.push('name=value')
  if (missing.length > 0) throw new Misuse(`${name} needs ${missing.join(' ')}`)
  if (hasAssignments || split.assignments.length === 0) return split
  const most = parameters.length === 0 ? 'no arguments' : `${parameters.join(' ')} only`
  throw new Misuse(`${name} takes ${most}`)
}

function parsed(rest: readonly string[]) {
  try {
    return parseArgs({ args: [...rest], allowPositionals: true, options: OPTIONS })
  } catch (error) {
    // What follows the first sentence is for programmers.
    throw new Misuse(error instanceof Error ? String(error.message.split(/\.\s/)[0]) : String(error))
  }
}
