import type { Widget } from '../auth/captcha/widget.ts'
import { type Html, html } from '../http/html.ts'
import type { AskedPage, PageAnswer, PageRoute } from '../pages/routes.ts'
import { captchaField, embeddedCaptcha } from './captcha.ts'
import { mendable } from './failure.ts'
import { alert, done, type Field, form, type PortalContext, show, type Visit, visitOf } from './visit.ts'
import type { PortalWords } from './vocabulary.ts'

/** The word above a form, after it was sent. */
export interface Message {
  readonly message?: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly isDone?: boolean
}

export type Show = (
  context: PortalContext,
  asked: AskedPage,
  visit: Visit,
  message?: Message
) => PageAnswer | Promise<PageAnswer>

/** Returns the routes of a page with a form. A form that fails is shown again, with the reason. */
export function both(
  path: string,
  shown: Show,
  post: (context: PortalContext, asked: AskedPage, visit: Visit) => Promise<PageAnswer>
): readonly PageRoute<PortalContext>[] {
  return [
    {
      method: 'GET',
      path,
      handle: async (asked, context) => shown(context, asked, await visitOf(context, asked.request, asked.parameters))
    },
    {
      method: 'POST',
      path,
      handle: async (asked, context) => {
        const visit = await visitOf(context, asked.request, asked.parameters)
        const again = (error: unknown) => shown(context, asked, visit, mendable(error, visit.words))
        return post(context, asked, visit).catch(again)
      }
    }
  ]
}

/** Shows a form under a title, if it is known whose page it is. */
export function formPage(
  context: PortalContext,
  asked: AskedPage,
  visit: Visit,
  { message, status = 200, headers = {}, isDone }: Message,
  of: Parts
): PageAnswer {
  const { words, realm } = visit
  const { widget } = of
  const told = message !== undefined && (isDone ? done(message) : alert(message))
  const body = realm
    ? html`${of.text !== undefined && html`<p>${of.text}</p>`}
${form(context, asked, visit, { ...of, captcha: widget && captchaField(words, widget) })}
${of.below}`
    : html`<p>${words.unknownRealm}</p>`
  const answered = show(context, asked, visit, {
    title: of.title,
    content: html`<h1>${of.title}</h1>\n${told}\n${body}`,
    status: realm ? status : Math.max(status, NOT_FOUND),
    at: of.path,
    embedded: realm && widget && embeddedCaptcha(context, widget)
  })
  return { ...answered, headers }
}

const [BAD_REQUEST, NOT_FOUND] = [400, 404]

interface Parts {
  readonly title: string
  readonly text?: string
  readonly path: string
  readonly fields: readonly Field[]
  readonly button: string
  readonly extra?: readonly (readonly [string, string])[]
  readonly below?: Html
  readonly widget?: Widget | undefined
}

export const emailField = ({ email: label }: PortalWords, value: string | undefined): Field => ({
  name: 'email',
  label,
  type: 'email',
  value,
  autocomplete: 'username'
})
export const codeField = ({ code: label, codeHint: hint }: PortalWords, value: string | undefined): Field => ({
  name: 'code',
  label,
  hint,
  value,
  autocomplete: 'one-time-code'
})
export const newPasswordField = ({ newPassword: label, newPasswordHint: hint }: PortalWords): Field => ({
  name: 'password',
  label,
  hint,
  type: 'password',
  autocomplete: 'new-password'
})
export const presentField = (name: string, label: string): Field => ({
  name,
  label,
  type: 'password',
  autocomplete: 'current-password'
})

export function given({ parameters }: AskedPage, ...names: readonly string[]): readonly (string | undefined)[] {
  return names.map((name) => parameters.get(name))
}

export function missing({ failures }: PortalWords): Message {
  return { message: failures.missing, status: BAD_REQUEST }
}
