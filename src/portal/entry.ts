import { readWidget } from '../auth/captcha/widget.ts'
import { redeemLink } from '../auth/customers/link.ts'
import { changePassword, setByCode, signInByPassword } from '../auth/customers/password.ts'
import { requestReset } from '../auth/customers/reset.ts'
import { endSession } from '../auth/customers/session.ts'
import { html } from '../http/html.ts'
import type { AskedPage, PageAnswer, PageRoute } from '../pages/routes.ts'
import {
  both,
  codeField,
  emailField,
  formPage,
  given,
  type Message,
  missing,
  newPasswordField,
  presentField
} from './forms.ts'
import { requireCustomer, signInPath } from './session.ts'
import { originOf, PORTAL_BASE, type PortalContext, pathTo, REALM_COOKIE, SESSION_COOKIE, type Visit } from './visit.ts'

type Context = PortalContext

/** The pages before and around a session: to sign in and out, and everything about the password. */
export const entryPages: readonly PageRoute<Context>[] = [
  ...both('/sign-in', showSignIn, signIn),
  ...both('/link', showLink, redeem),
  ...both('/confirm', showConfirm, confirm),
  ...both('/reset', showReset, reset),
  ...both('/password', showPassword, change),
  {
    method: 'POST',
    path: '/sign-out',
    handle: async ({ cookies }, context) => {
      const cookie = cookies[SESSION_COOKIE]
      if (cookie !== undefined) await endSession(context, cookie)
      return { seeOther: signInPath(cookies[REALM_COOKIE]), cookies: { [SESSION_COOKIE]: undefined } }
    }
  }
]

function showSignIn(context: Context, asked: AskedPage, visit: Visit, message: Message = {}): PageAnswer {
  const { words, realmQuery, session } = visit
  if (session) return { seeOther: PORTAL_BASE }
  return formPage(context, asked, visit, message, {
    title: words.signIn,
    path: '/sign-in',
    fields: [emailField(words, asked.parameters.get('email')), presentField('password', words.password)],
    button: words.signIn,
    below: html`<p><a href="${pathTo(context, `/reset?${realmQuery}`)}">${words.forgotten}</a></p>`
  })
}

async function signIn(context: Context, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const { words, realm } = visit
  const [email, password] = given(asked, 'email', 'password')
  if (!realm || email === undefined || password === undefined) return showSignIn(context, asked, visit, missing(words))
  const cookie = await signInByPassword(context, { realm, email, password }, originOf(asked.request))
  if (cookie === undefined) {
    return showSignIn(context, asked, visit, { message: words.failures.wrongSignIn, status: FORBIDDEN })
  }
  return enter(context, asked, visit, cookie)
}

const FORBIDDEN = 403

function showLink(context: Context, asked: AskedPage, visit: Visit, message: Message = {}): PageAnswer {
  const { words } = visit
  return formPage(context, asked, visit, message, {
    title: words.linkTitle,
    text: words.linkText,
    path: '/link',
    fields: [],
    extra: [['token', asked.parameters.get('token') ?? '']],
    button: words.linkButton
  })
}

async function redeem(context: Context, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const cookie = await redeemLink(context, asked.parameters.get('token') ?? '', originOf(asked.request))
  return enter(context, asked, visit, cookie)
}

/** Begins with a new session in place of the one of this browser. */
async function enter(context: Context, asked: AskedPage, visit: Visit, cookie: string): Promise<PageAnswer> {
  const earlier = asked.cookies[SESSION_COOKIE]
  if (earlier !== undefined) await endSession(context, earlier)
  return { seeOther: PORTAL_BASE, cookies: { [SESSION_COOKIE]: cookie, [REALM_COOKIE]: visit.realmQuery } }
}

function showConfirm(context: Context, asked: AskedPage, visit: Visit, message: Message = {}): PageAnswer {
  const { words } = visit
  const { parameters } = asked
  return formPage(context, asked, visit, message, {
    title: words.confirm,
    text: words.confirmText,
    path: '/confirm',
    fields: [
      emailField(words, parameters.get('email')),
      codeField(words, parameters.get('code')),
      newPasswordField(words)
    ],
    button: words.confirmButton
  })
}

async function confirm(context: Context, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const { words, realm } = visit
  const [email, code, password] = given(asked, 'email', 'code', 'password')
  if (!realm || email === undefined || code === undefined || password === undefined) {
    return showConfirm(context, asked, visit, missing(words))
  }
  const sent = { realm, email, code, password, purpose: 'confirm' } as const
  await setByCode(context, sent, originOf(asked.request))
  return showSignIn(context, asked, visit, { message: words.confirmed, isDone: true })
}

/** Tells whether a reset is at its second step, the one with the code. */
function isSetting({ parameters }: AskedPage): boolean {
  return parameters.has('code') || parameters.get('step') === 'set'
}

/**
 * Asks for the address first, with the captcha of the tenant, and then, or with a code in the address, for the code. No
 * script of others runs where there is a code or a password.
 */
async function showReset(context: Context, asked: AskedPage, visit: Visit, message: Message = {}): Promise<PageAnswer> {
  const { words, realm, realmQuery, language } = visit
  const { parameters } = asked
  const email = emailField(words, parameters.get('email'))
  if (!isSetting(asked) && !message.isDone) {
    const widget = realm && (await readWidget(context.database, realm.tenantId, language))
    const asking = { text: words.resetText, fields: [email], button: words.resetButton, widget }
    return formPage(context, asked, visit, message, { title: words.reset, path: '/reset', ...asking })
  }
  return formPage(context, asked, visit, message, {
    title: words.reset,
    path: '/reset',
    fields: [email, codeField(words, parameters.get('code')), newPasswordField(words)],
    extra: [['step', 'set']],
    button: words.setButton,
    below: html`<p><a href="${pathTo(context, `/reset?${realmQuery}`)}">${words.askAgain}</a></p>`
  })
}

async function reset(context: Context, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const { words, realm } = visit
  const [email, code, password] = given(asked, 'email', 'code', 'password')
  const isLast = isSetting(asked)
  const lacks = email === undefined || (isLast && (code === undefined || password === undefined))
  if (!realm || lacks) return showReset(context, asked, visit, missing(words))
  const origin = originOf(asked.request)
  if (!isLast) {
    const widget = await readWidget(context.database, realm.tenantId, visit.language)
    const captcha = widget && asked.parameters.get(widget.field)
    await requestReset(context, { realm, email, captcha }, origin)
    return showReset(context, asked, visit, { message: words.codeSent, isDone: true })
  }
  const sent = { realm, email, code: code ?? '', password: password ?? '', purpose: 'reset' } as const
  await setByCode(context, sent, origin)
  return showSignIn(context, asked, visit, { message: words.passwordSet, isDone: true })
}

function showPassword(context: Context, asked: AskedPage, visit: Visit, message: Message = {}): PageAnswer {
  const { words } = visit
  const session = requireCustomer(asked)
  if ('seeOther' in session) return session
  return formPage(context, asked, visit, message, {
    title: words.passwordTitle,
    path: '/password',
    fields: [presentField('current', words.current), newPasswordField(words)],
    button: words.passwordButton
  })
}

async function change(context: Context, asked: AskedPage, visit: Visit): Promise<PageAnswer> {
  const { words, session } = visit
  const [current, password] = given(asked, 'current', 'password')
  const cookie = asked.cookies[SESSION_COOKIE]
  if (!session || cookie === undefined) return { seeOther: signInPath(asked.cookies[REALM_COOKIE]) }
  if (current === undefined || password === undefined) return showPassword(context, asked, visit, missing(words))
  await changePassword(context, session, { current, password, cookie }, originOf(asked.request))
  return showPassword(context, asked, visit, { message: words.passwordChanged, isDone: true })
}
