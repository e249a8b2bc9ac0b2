import { namesUnder } from './arguments.ts'
import { OPTIONS, type OptionName, REQUIRED_OPTIONS, type Usage, type Usages } from './command.ts'
import { alignColumns } from './table.ts'

const PROGRAM = 'node src/cli.ts'

export function helpOn(usages: Usages, topic: string): string {
  const usage = usages.get(topic)
  if (usage) return helpOnCommand(topic, usage)
  const lines = namesUnder(usages, topic).map((name) => [name, String(usages.get(name)?.description)])
  if (topic === '') lines.push(['help', 'prints this, or with a command how it is used'])
  const usageLine = `Usage: ${[PROGRAM, topic].join(' ').trim()} COMMAND`
  return `${usageLine}\n\n${alignColumns(lines).replace(/^/gm, '  ')}`
}

function helpOnCommand(name: string, usage: Usage): string {
  const { parameters = [], assignments: taken, options = [], either = [], description, details } = usage
  const isRequired = (option: OptionName) => REQUIRED_OPTIONS.includes(option)
  const required = options.filter(isRequired).map((option) => OPTIONS[option].synopsis)
  const optional = options.filter((option) => !isRequired(option)).map((option) => OPTIONS[option].synopsis)
  const assignments = taken ? [taken === 'required' ? 'name=value...' : '[name=value...]'] : []
  const alternatives = either.map((option) => OPTIONS[option].synopsis).join(' | ')
  const chosen = alternatives === '' ? [] : [`(${alternatives})`]
  const line = ['Usage:', PROGRAM, name, ...required, ...chosen, ...parameters, ...assignments, ...optional].join(' ')
  return [line, '', `It ${description}.`, ...(details ? ['', details()] : [])].join('\n')
}
