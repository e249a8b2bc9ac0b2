import type { Language } from '../base/language.ts'
import { readable } from '../documents/content/colour.ts'
import type { Issuer } from '../documents/content/issuer.ts'
import { oneLine } from '../documents/content/texts.ts'
import { fill } from '../documents/content/vocabulary.ts'
import { type Html, html } from '../http/html.ts'
import type { MailContent } from './queue.ts'
import { MAIL_WORDS } from './words.ts'

export interface Rendered {
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** The logo is attached under this content id: nothing is loaded from elsewhere. */
export const LOGO_ID = 'logo'

/** Writes a mail as plain text and as HTML that says the same. */
export function renderMail(content: MailContent, language: Language, issuer: Issuer): Rendered {
  const words = MAIL_WORDS[language]
  const texts = words[content.kind]
  const filled = (text: string) => fill(text, { name: oneLine(content.name), issuer: oneLine(issuer.name) })
  const said: Said = {
    greeting: filled(words.greeting),
    reason: filled(texts.reason),
    ...('code' in content && { code: content.code, codeLabel: words.code, url: content.url }),
    button: texts.button,
    validity: texts.validity,
    otherwise: filled(texts.otherwise),
    automatic: words.automatic
  }
  return { subject: texts.subject, text: plain(said, issuer), html: page(said, texts.subject, language, issuer).text }
}

interface Said {
  readonly greeting: string
  readonly reason: string
  readonly code?: string
  readonly codeLabel?: string
  readonly url?: string
  readonly button: string | undefined
  readonly validity: string | undefined
  readonly otherwise: string
  readonly automatic: string
}

function plain(said: Said, issuer: Issuer): string {
  const { greeting, reason, code, codeLabel, url, validity, otherwise, automatic } = said
  const parts = [greeting, reason, code && `${codeLabel} ${code}`, url, validity, otherwise]
  const paragraphs = [...parts, `-- \n${oneLine(issuer.name)}\n${automatic}`]
  return `${paragraphs.filter((part) => part !== undefined).join('\n\n')}\n`
}

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'
const CELL = 'padding:0 32px'
const PARAGRAPH = `margin:0 0 16px;font-size:16px;line-height:1.5;color:#1a1a1a`

/** Mail programs ignore style sheets and modern layout: each element has its style, and a table is the frame. */
function page(said: Said, subject: string, language: Language, issuer: Issuer): Html {
  const { greeting, reason, otherwise, automatic, validity } = said
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>${subject}</title>
</head>
<body style="margin:0;padding:0;background:#f2f3f5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f3f5">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"
  style="max-width:560px;background:#ffffff;border-top:6px solid ${issuer.colour};${FONT}">
<tr><td style="padding:24px 32px 0">${head(issuer)}</td></tr>
<tr><td style="padding:24px 32px 0">
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;color:${readable(issuer.colour)}">${subject}</h1>
<p style="${PARAGRAPH}">${greeting}</p>
<p style="${PARAGRAPH}">${reason}</p>
</td></tr>
${action(said, issuer)}
<tr><td style="${CELL}">
${validity && html`<p style="${PARAGRAPH}">${validity}</p>`}
<p style="${PARAGRAPH}">${otherwise}</p>
</td></tr>
<tr><td style="padding:8px 32px 24px">
<p
  style="margin:0;padding-top:16px;border-top:1px solid #d5d8dc;font-size:13px;line-height:1.5;color:#5f6368">${oneLine(
    issuer.name
  )}<br>${automatic}</p>
</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`
}

function head({ name, logo, colour }: Issuer): Html {
  const height = logo && Math.min(LOGO_HEIGHT, Math.round((LOGO_WIDTH * logo.height) / logo.width))
  const width = logo && height && Math.round((height * logo.width) / logo.height)
  const image =
    logo &&
    html`<img src="cid:${LOGO_ID}" alt="" width="${width}" height="${height}"
      style="display:block;margin:0 0 8px;border:0">`
  return html`${image}<p style="margin:0;font-size:18px;font-weight:600;color:${readable(colour)}">${oneLine(name)}</p>`
}

const [LOGO_WIDTH, LOGO_HEIGHT] = [240, 56]

function action({ code, codeLabel, url, button }: Said, { colour }: Issuer): Html | undefined {
  if (code === undefined || url === undefined) return undefined
  return html`<tr><td style="${CELL}">
<p style="margin:0 0 4px;font-size:14px;color:#5f6368">${codeLabel}</p>
<p style="margin:0 0 20px;padding:12px 16px;background:#f2f3f5;font-family:ui-monospace,Consolas,Menlo,monospace;\
font-size:24px;letter-spacing:3px;color:#1a1a1a">${code}</p>
<p style="margin:0 0 24px"><a href="${url}" style="display:inline-block;padding:12px 20px;border-radius:4px;\
background:${readable(colour)};color:#ffffff;font-size:16px;font-weight:600;text-decoration:none">${button}</a></p>
</td></tr>`
}
