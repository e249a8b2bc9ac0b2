const BRAND = Symbol('html')

/** A piece of HTML. Made by this module only, so that text of others never becomes markup. */
export interface Html {
  readonly [BRAND]: true
  readonly text: string
}

type Part = Html | readonly Html[] | string | number | false | undefined

/** Template tag: HTML and lists of it are put in as they are, nothing stands for what is missing, text is escaped. */
export function html(strings: readonly string[], ...parts: readonly Part[]): Html {
  const text = strings.map((string, index) => string + textOf(parts[index])).join('')
  return { [BRAND]: true, text }
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return ''
  if (Array.isArray(part)) return part.map(({ text }: Html) => text).join('')
  return isHtml(part) ? part.text : escaped(String(part))
}

function isHtml(part: Part): part is Html {
  return typeof part === 'object' && BRAND in part
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Text of our own, such as a style sheet, as it is. */
export function trusted(text: string): Html {
  return { [BRAND]: true, text }
}
