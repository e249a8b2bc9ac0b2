import type { Widget } from '../auth/captcha/widget.ts'
import { newSecret } from '../auth/keys/secret.ts'
import { type Html, html } from '../http/html.ts'
import type { Embedded } from '../pages/page.ts'
import type { PageRoute } from '../pages/routes.ts'
import { alert, type PortalContext, pathTo } from './visit.ts'
import type { PortalWords } from './vocabulary.ts'

const SCRIPT_PATH = '/captcha.js'

/**
 * Where the widget leaves asking to the page, asks when the form is sent. Without a response the
 * server says why it refuses the form.
 */
const SCRIPT = `const field = document.querySelector('input[data-sitekey]')
field.form.addEventListener('submit', (event) => {
  if (!window.grecaptcha) return
  event.preventDefault()
  const { sitekey, action } = field.dataset
  window.grecaptcha.ready(async () => {
    try {
      field.value = await window.grecaptcha.execute(sitekey, action ? { action } : {})
    } finally {
      field.form.submit()
    }
  })
})
`

export const captchaScript: PageRoute<PortalContext> = {
  method: 'GET',
  path: SCRIPT_PATH,
  handle: async () => ({ content: { type: 'text/javascript; charset=utf-8', body: Buffer.from(SCRIPT) } })
}

/** Returns the place of a captcha in a form. */
export function captchaField(words: PortalWords, { siteKey, action, className, field }: Widget): Html {
  const named = action !== undefined && html` data-action="${action}"`
  const shown =
    className === undefined
      ? html`<input type="hidden" name="${field}" value="" data-sitekey="${siteKey}"${named}>`
      : html`<div class="captcha ${className}" data-sitekey="${siteKey}"${named}></div>`
  return html`${shown}
<noscript>${alert(words.captchaScript)}</noscript>`
}

/** Returns the scripts of a captcha, and what they may load. */
export function embeddedCaptcha(context: PortalContext, { script, className, sources }: Widget): Embedded {
  const theirs = html`<script src="${script}" async defer></script>`
  if (className !== undefined) return { head: theirs, sources }
  const nonce = newSecret()
  const own = html`<script src="${pathTo(context, SCRIPT_PATH)}" nonce="${nonce}" defer></script>`
  return {
    head: html`${theirs}${own}`,
    sources: { ...sources, 'script-src': [`'nonce-${nonce}'`, ...(sources['script-src'] ?? [])] }
  }
}
