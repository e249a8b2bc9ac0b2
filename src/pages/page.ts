import { createHash } from 'node:crypto'
import type { Language } from '../base/language.ts'
import type { Issuer } from '../documents/content/issuer.ts'
import { oneLine } from '../documents/content/texts.ts'
import { type Html, html, trusted } from '../http/html.ts'
import { styleOf } from './style.ts'

/** The content of a page, and the frame around it. */
export interface Page {
  readonly language: Language
  readonly title: string
  /** Undefined where nobody knows whose page it is. */
  readonly issuer: Issuer | undefined
  /** A column of one form, or the whole width. */
  readonly isNarrow: boolean
  readonly nav?: Html | undefined
  readonly content: Html
  /** Scripts of others, in the head. */
  readonly embedded?: Embedded | undefined
}

export interface Embedded {
  readonly head: Html
  /** All that the page may load for them, by directive of its Content-Security-Policy. */
  readonly sources: Readonly<Record<string, readonly string[]>>
}

export interface RenderedPage {
  readonly html: string
  readonly contentSecurityPolicy: string
}

const COLOUR = '#1f3a5f'

/** Returns a page that loads nothing but what is embedded, and has no script else; its forms go nowhere but here. */
export function renderPage({ language, title, issuer, isNarrow, nav, content, embedded }: Page): RenderedPage {
  const style = styleOf(issuer?.colour ?? COLOUR)
  const hash = createHash('sha256').update(style).digest('base64')
  const name = issuer && oneLine(issuer.name)
  const { text } = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${name === undefined ? title : `${title} · ${name}`}</title>
<style>${trusted(style)}</style>${embedded?.head}
</head>
<body>
${issuer && html`<header><p class="issuer">${logoOf(issuer)}<span>${name}</span></p>${nav}</header>`}
<main${isNarrow && trusted(' class="narrow"')}>
${content}
</main>
</body>
</html>
`
  const { 'style-src': styles = [], ...others } = embedded?.sources ?? {}
  const directives = {
    'default-src': ["'none'"],
    'style-src': [`'sha256-${hash}'`, ...styles],
    'img-src': ['data:'],
    'form-action': ["'self'"],
    ...others,
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"]
  }
  const policy = Object.entries(directives).map(([name, sources]) => [name, ...sources].join(' '))
  return { html: text, contentSecurityPolicy: policy.join('; ') }
}

function logoOf({ logo }: Issuer): Html | undefined {
  return logo && html`<img src="data:image/png;base64,${logo.png.toString('base64')}" alt="">`
}
