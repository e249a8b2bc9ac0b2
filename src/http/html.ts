const BRAND = Symbol('html')

/** A piece of HTML. Only this module makes it, so that no outside text becomes markup. */
export interface Html {
  readonly [BRAND]: true
  readonly text: string
}

type Part = Html | readonly Html[] | string | number | false | undefined

/** Template tag: inserts HTML and lists of it, skips undefined, escapes text. */
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

/** Takes constant text, such as a style sheet, unescaped. */
export function trusted(text: string): Html {
  return { [BRAND]: true, text }
}
