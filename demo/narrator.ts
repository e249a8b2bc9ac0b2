import { styleText } from 'node:util'
import type { Screen } from '../src/cli/command.ts'

const INDENT = '   '
const WIDTH = 110
/** Longer requests are cut. */
const REQUEST_LINES_MAX = 3

/** Prints the story: numbered headings, sentences, requests and responses. */
export interface Narrator {
  chapter(title: string): void
  say(sentences: string): void
  /** A typed command. */
  command(text: string): void
  request(text: string): void
  answer(text: string): void
  /** A remark on a response. */
  remark(text: string): void
  /** Lines of a table or a report. */
  show(lines: string): void
  /** The screen for a run's progress. */
  readonly screen: Screen
}

/** Returns a narrator on a screen. Headings are bold on terminals that can. */
export function narratorOn({ isTerminal, write }: Screen): Narrator {
  let chapters = 0
  let isAfterHeading = false
  const show = (lines: readonly string[]) => write(lines.map((line) => `${INDENT}${line}\n`).join(''))
  return {
    chapter: (title) => {
      chapters += 1
      isAfterHeading = true
      write(`\n${styleText('bold', `${chapters}. ${title}`)}\n`)
    },
    say: (sentences) => {
      if (!isAfterHeading) write('\n')
      isAfterHeading = false
      show(folded(sentences, ' '))
    },
    command: (text) => show([`$ ${text}`]),
    request: (text) => show(hanging('> ', shortened(folded(text, ',')))),
    answer: (text) => show([`< ${text}`]),
    remark: (text) => show(hanging('  ', folded(text, ' '))),
    show: (text) => show(text.split('\n')),
    screen: { isTerminal, write: (text) => write(indented(text)) }
  }
}

/** Breaks a text after some separators. */
function folded(text: string, separator: ' ' | ','): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of text.split(new RegExp(`(?<=${separator})`))) {
    if (line !== '' && `${line}${part}`.trimEnd().length > WIDTH) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += part
  }
  return [...lines, line]
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= REQUEST_LINES_MAX) return lines
  const kept = lines.slice(0, REQUEST_LINES_MAX)
  return kept.with(-1, `${kept.at(-1)}…`)
}

function hanging(sign: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, at) => `${at === 0 ? sign : ' '.repeat(sign.length)}${line}`)
}

/** A line to be overwritten begins with a carriage return. */
function indented(text: string): string {
  if (text === '\n') return text
  return text.startsWith('\r') ? `\r${INDENT}${text.slice(1)}` : `${INDENT}${text}`
}
