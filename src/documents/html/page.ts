import { createHash } from 'node:crypto'
import type { Language } from '../../base/language.ts'
import { html, trusted } from '../../http/html.ts'

/** A page and its content security policy, which allows nothing but the page's own style and pictures. */
export interface HtmlPage {
  /** Pieces of at most some hundred lines, made as they are taken. */
  readonly pieces: Iterable<string>
  readonly contentSecurityPolicy: string
}

interface Frame {
  readonly language: Language
  readonly title: string
  readonly style: string
  readonly body: Iterable<string>
}

/** Returns a self-contained HTML page around a body. */
export function htmlPage(frame: Frame): HtmlPage {
  const hash = createHash('sha256').update(frame.style).digest('base64')
  const directives = ["default-src 'none'", `style-src 'sha256-${hash}'`, 'img-src data:', "base-uri 'none'"]
  return {
    pieces: piecesOf(frame),
    contentSecurityPolicy: [...directives, "form-action 'none'", "frame-ancestors 'none'"].join('; ')
  }
}

function* piecesOf({ language, title, style, body }: Frame): Generator<string> {
  yield html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
`.text
  yield* body
  yield `
</body>
</html>
`
}
