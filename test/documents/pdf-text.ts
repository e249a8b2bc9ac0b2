import { inflateSync } from 'node:zlib'

/** The texts on each page of a PDF as pdfkit writes it, in the order in which they were written. */
export function textsOf(pdf: Buffer): readonly (readonly string[])[] {
  const objects = objectsOf(pdf.toString('latin1'))
  const body = (reference: string | undefined) => objects.get(Number(reference)) ?? ''
  const names = new Map<string, readonly string[]>()
  for (const object of objects.values()) {
    for (const [, name = '', font] of object.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const [, unicode] = /\/ToUnicode (\d+) 0 R/.exec(body(font)) ?? []
      names.set(name, glyphsOf(streamOf(body(unicode))))
    }
  }
  const pages = [...objects.values()].filter((object) => /\/Type \/Page\b(?!s)/.test(object))
  return pages.map((page) => {
    const [, content] = /\/Contents (\d+) 0 R/.exec(page) ?? []
    return [...shownTexts(streamOf(body(content)), names)]
  })
}

function objectsOf(file: string): ReadonlyMap<number, string> {
  const found = file.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)
  return new Map([...found].map(([, id, body = '']) => [Number(id), body]))
}

function streamOf(object: string): string {
  const start = object.indexOf('stream\n') + 'stream\n'.length
  const bytes = Buffer.from(object.slice(start, object.lastIndexOf('\nendstream')), 'latin1')
  return (object.includes('/FlateDecode') ? inflateSync(bytes) : bytes).toString('latin1')
}

/** What each glyph of a font means, by its number. */
function glyphsOf(map: string): readonly string[] {
  const ranges = [...map.matchAll(/<\w+> <\w+> \[(.*)\]/g)].map(([, list = '']) => list)
  return ranges.flatMap((list) => [...list.matchAll(/<([\w ]*)>/g)].map(([, units = '']) => textOf(units)))
}

function textOf(units: string): string {
  return units
    .split(' ')
    .map((unit) => String.fromCharCode(Number.parseInt(unit, 16)))
    .join('')
}

function* shownTexts(content: string, names: ReadonlyMap<string, readonly string[]>): Generator<string> {
  for (const [, name = '', shown = ''] of content.matchAll(/\/(F\d+) [\d.]+ Tf\s[^[]*\[(.*?)\] TJ/g)) {
    const glyphs = [...shown.matchAll(/<(\w+)>/g)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? [])
    yield glyphs.map((glyph) => names.get(name)?.[Number.parseInt(glyph, 16)] ?? '?').join('')
  }
}
