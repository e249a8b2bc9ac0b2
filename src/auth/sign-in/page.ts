import { createHash } from 'node:crypto'
import { type Html, html, trusted } from '../../http/html.ts'

export interface Page {
  readonly html: string
  readonly contentSecurityPolicy: string
}

export interface SignIn {
  readonly action: string
  readonly clientId: string
  readonly redirectUri: string
  readonly scopes: readonly string[]
  readonly hidden: readonly (readonly [string, string])[]
  readonly username: string
  readonly message: string | undefined
  readonly cancelLocation: string
}

const STYLE = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { box-sizing: border-box; width: 100%; max-width: 24rem; padding: 1.5rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: 0 0 .5rem }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; border: 1px solid; border-radius: .3rem }
button { width: 100%; margin: 1.5rem 0 1rem; padding: .6rem; font: inherit; font-weight: 600; color: #fff;
  background: #0b57a4; border: 0; border-radius: .3rem; cursor: pointer }
:focus-visible { outline: 3px solid #e08a00; outline-offset: 2px }
[role=alert] { padding: .5rem .75rem; border-left: 4px solid #c5221f }
`
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')
/** Host sources of a policy have no IPv6 addresses, and nothing else that could end the directive. */
const HOST_SOURCE = /^https?:\/\/[\w.-]+(:\d+)?$/

/** Returns the sign-in page: one form, no script, nothing loaded. */
export function signInPage(signIn: SignIn): Page {
  const { action, clientId, redirectUri, scopes, hidden, username, message, cancelLocation } = signIn
  const fields = hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)
  const content = html`<h1>Sign in</h1>
<p>to continue to <strong>${clientId}</strong> at ${hostOf(redirectUri)}.</p>
${scopes.length > 0 && html`<p>It asks for: ${scopes.join(', ')}.</p>`}
${message && alert(message)}
<form method="post" action="${action}">
${fields}
<label for="username">Username</label>
<input id="username" name="username" value="${username}" autocomplete="username" autocapitalize="none"
  spellcheck="false" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Sign in</button>
</form>
<p><a href="${cancelLocation}">Cancel</a></p>`
  // Browsers apply form-action to the redirect after a form, too.
  return page('Sign in', content, `'self' ${sourceOf(redirectUri)}`)
}

export function failurePage(message: string): Page {
  return page('Sign-in failed', html`<h1>This does not work</h1>\n${alert(message)}`, "'none'")
}

function page(title: string, content: Html, formAction: string): Page {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`
  const directives = ["default-src 'none'", `style-src 'sha256-${STYLE_HASH}'`, `form-action ${formAction}`]
  return { html: text, contentSecurityPolicy: [...directives, "base-uri 'none'", "frame-ancestors 'none'"].join('; ') }
}

function alert(message: string): Html {
  return html`<p role="alert">${message}</p>`
}

/** Returns the source that form-action needs for a redirect: the origin, or the scheme if there is none. */
function sourceOf(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri)
  return HOST_SOURCE.test(origin) ? origin : protocol
}

function hostOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return host === '' ? protocol : host
}
