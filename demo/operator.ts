import { encodePassword } from '../src/auth/sign-in/password.ts'
import { type Api, apiAt, post } from './api.ts'
import { expectSame } from './expectation.ts'
import { OPERATOR } from './names.ts'
import { runCommand, type Stage } from './stage.ts'

/** The chapter of a new provider and its administrator's sign-in. */
export async function openBusiness(stage: Stage): Promise<Api> {
  const { narrator } = stage
  const { id, name, timeZone, billNumberPattern } = OPERATOR
  narrator.chapter('An operator')
  narrator.say(
    `${name} is a provider with customers in three currencies. A command makes the tenant, a client and a first ` +
      'user; their secrets are printed this once, and not here.'
  )
  const settings = [`timeZone=${timeZone}`, `billNumberPattern=${billNumberPattern}`]
  const printed = await runCommand(stage, ['tenant', 'create', id, name, ...settings])
  const printedAs = (label: string) => String(new RegExp(`^${label} +(\\S+)$`, 'm').exec(printed)?.[1])
  narrator.answer(`tenant ${printedAs('tenant')}, client ${printedAs('client')}, user ${printedAs('user')}`)
  narrator.say('With them the user signs in, and says what stands on documents.')
  const credentials = { username: printedAs('user'), password: encodePassword(printedAs('password')) }
  const client = { client_id: printedAs('client'), client_secret: printedAs('secret') }
  const api = await signIn(stage, { grant_type: 'password', ...client, ...credentials, scope: 'trust' })
  await setLetterhead(api)
  return api
}

interface Tenant {
  readonly timeZone: string
  readonly billNumberPattern: string
}

async function setLetterhead(api: Api): Promise<void> {
  const { id, timeZone, billNumberPattern, branding } = OPERATOR
  const patch = { method: 'PATCH', path: `/admin/v1/tenant/${id}`, body: { branding }, status: 200 } as const
  const { body } = await api.show<Tenant>(patch, (reply) => {
    return `bills are numbered ${reply.body.billNumberPattern}, days begin in ${reply.body.timeZone}`
  })
  expectSame('how bills are numbered', body.billNumberPattern, billNumberPattern)
  expectSame('where days begin', body.timeZone, timeZone)
}

interface Token {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope: string
}

async function signIn(stage: Stage, parameters: Readonly<Record<string, string>>): Promise<Api> {
  const note = `grant_type=password client_id=${parameters.client_id} username=${parameters.username} scope=trust`
  const { body } = await apiAt(stage).show<Token>(
    { ...post('/oauth/token', new URLSearchParams(parameters), 200), note },
    ({ body: { token_type, expires_in, scope } }) => `a ${token_type} token for ${expires_in} s with scope ${scope}`
  )
  expectSame('the scope of the token', body.scope, 'trust')
  return apiAt({ ...stage, token: body.access_token })
}
