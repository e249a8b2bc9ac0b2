import { importsOf, roomOf, type Tree } from './tidy-tree.ts'

/** The files of each room that other rooms of `src` may import. The others are the room's own business. */
const PUBLIC: Readonly<Record<string, string>> = {
  'src/accounts': 'account attributes customer letterhead lookup',
  'src/admin':
    'api-key bootstrap client dunning-plan index partner review-rules rotation rotation-routes ' +
    'routes tenant-creation tenant-routes tenant-schema tenant-settings tenants user',
  'src/audit': 'record report seal sealing verify',
  'src/auth': 'purge refused-names',
  'src/auth/access': 'access access-token address-list admission authenticate clients grants principal scopes',
  'src/auth/captcha': 'providers settings verify widget',
  'src/auth/customers': 'code context email link password realm registration reset session throttle',
  'src/auth/keys': 'secret signing-keys',
  'src/auth/oauth': 'authorize form openapi request routes schemas token-model well-known',
  'src/auth/sign-in': 'attempts page password sign-in',
  'src/auth/sso': 'settings sso',
  'src/base':
    'bill-number clock code-points codes creditor-reference instant json-members json-path language money newest ' +
    'on-demand once percent-encoding plain-text secret-keys start-error time-zone ulid unknown unknown-accounts',
  'src/books': 'close closes days endpoints schema',
  'src/billing': 'catalogue jobs',
  'src/billing/corrections': 'events list schema',
  'src/billing/disputes': 'disputed events list schema',
  'src/billing/cycles': 'calendar cycle day recurrence',
  'src/billing/drafts': 'draft preview schema tables',
  'src/billing/engine': 'author context',
  'src/billing/incoming': 'endpoints events import incoming schema',
  'src/billing/issuing': 'bill-moves issue issue-existing issue-foreign keep-letterhead number-series settle',
  'src/billing/on-demand': 'on-demand',
  'src/billing/payments':
    'adjusted allocation bill-lookup common credit credited disputed-bills endpoints events given known-payments ' +
    'payment prepaid receipt schema taking transfer written-off',
  'src/billing/review': 'hold judge release',
  'src/billing/runs': 'bill-run discard endpoints events list run run-bills schema tasks',
  'src/billing/statement': 'routes schema',
  'src/cli': 'arguments command index usage',
  'src/comparison': 'accounts comparison endpoints list schema tasks',
  'src/corrections': 'approval-events approval-schema asked bill credit-note kinds known left lines split submit',
  'src/db': 'connection cursor database failure locks memory migrations postgres-url row secrets sql',
  'src/db/embedded': 'keys postgres',
  'src/disputes': 'end endpoints open',
  'src/documents': 'routes',
  'src/dunning': 'endpoints events schema tasks',
  'src/documents/content':
    'bill-content bill-reading bill-source bill-taxes branding colour format issuer qr-code tally texts ' +
    'vocabulary words',
  'src/documents/csv': 'csv',
  'src/documents/html': 'html page style',
  'src/documents/pdf': 'pdf-aside',
  'src/events':
    'asyncapi callback-address callback-client delivery-endpoints delivery-schema dispatcher endpoints envelope ' +
    'event-types figures hub listener outbox payload redelivery retention rotation',
  'src/explanation': 'comparison endpoints explanation json lines schema',
  'src/fairness': 'limits request-slot scheduler',
  'src/http':
    'accept access address body body-memory client-error conditional csv drain errors findings forwarded ' +
    'elements forms hardening html issues json lines long-answers long-body media-types own-form own-root ' +
    'path-parameters pieces rate-limit read-body request-id',
  'src/image': 'logo',
  'src/jobs': 'outage queue runner supervisor warnings',
  'src/ledger':
    'balance closed-periods available foreign-bills hold post post-adjustment post-bills tax-key usage verify',
  'src/mail': 'queue retention settings tasks transport',
  'src/messages':
    'access account admin bill body books callback captcha catalogue comparison correction customer ' +
    'cycle delivery dispute document dunning event field guess http message oauth overdue page partner payment ' +
    'problem query rate reason resource run server sso subscription unmatched upload upload-failure',
  'src/metrics': 'collect server',
  'src/overdue': 'endpoints schema',
  'src/partner-api': 'customers hold routes',
  'src/pages': 'cookies page routes',
  'src/portal': 'routes',
  'src/pace': 'aside slow turns within',
  'src/review': 'endpoints list schema select',
  'src/resources':
    'applied-customer-billing-rate bill-cycle bill-cycle-specification bill-document customer-bill ' +
    'customer-bill-on-demand',
  'src/tmf':
    'changes cost event idempotency kept-document page patch read references remove representation row-values ' +
    'secret view write',
  'src/tmf/bulk': 'bulk insert rows',
  'src/tmf/declaration': 'attribute define own-names predicate resource scalar schema shape',
  'src/tmf/openapi': 'components document endpoint json-schema schemas',
  'src/tmf/query': 'bind condition-sql cursor effort list-query match query query-text suggestion',
  'src/tmf/serving': 'endpoint list list-text no-idempotency-key pages routes',
  'src/verification': 'verification',
  'src/upload': 'endpoint events export kinds list options receive retention schema states tasks upload-endpoints',
  'src/upload/camt': 'camt-aside',
  'src/upload/file': 'body csv-text file header json-row media open rejected row'
}

const isRoom = (file: string) => file.startsWith('src/') && roomOf(file) !== 'src'
const PUBLIC_FILES = new Set(
  Object.entries(PUBLIC).flatMap(([room, names]) => names.split(' ').map((name) => `${room}/${name}.ts`))
)

/** Returns imports of files that are not public, and files that are public in vain. */
export function privacyFaults(tree: Tree): readonly string[] {
  const imports = [...tree.keys()]
    .filter((file) => file.startsWith('src/'))
    .flatMap((file) => importsOf(tree, file).map((imported) => ({ file, imported })))
    .filter(({ file, imported }) => isRoom(imported) && roomOf(imported) !== roomOf(file))
  const imported = new Set(imports.map((each) => each.imported))
  return [
    ...imports
      .filter((each) => !PUBLIC_FILES.has(each.imported))
      .map((each) => `${each.file} imports ${each.imported}`),
    ...[...PUBLIC_FILES]
      .filter((file) => !imported.has(file))
      .map((file) => `${file} is public, and no room imports it`)
  ]
}
