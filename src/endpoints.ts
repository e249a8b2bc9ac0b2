import { catalogue } from './billing/catalogue.ts'
import { ADJUSTMENT, CANCEL_AND_REBILL, CREDIT_NOTE, REFUND, WRITE_OFF } from './billing/corrections/schema.ts'
import { DISPUTE } from './billing/disputes/schema.ts'
import { previewEndpoint } from './billing/drafts/preview.ts'
import { PREVIEW } from './billing/drafts/schema.ts'
import { unmatchedEndpoints } from './billing/incoming/endpoints.ts'
import { UNMATCHED } from './billing/incoming/schema.ts'
import { paymentEndpoints } from './billing/payments/endpoints.ts'
import { PAYMENT } from './billing/payments/schema.ts'
import { runEndpoints } from './billing/runs/endpoints.ts'
import { BILL_RUN } from './billing/runs/schema.ts'
import { statementEndpoint } from './billing/statement/routes.ts'
import { STATEMENT } from './billing/statement/schema.ts'
import { bookEndpoints } from './books/endpoints.ts'
import { ACCOUNT_BALANCES, LEDGER_ENTRY, PERIOD_CLOSE, TRIAL_BALANCE } from './books/schema.ts'
import { comparisonEndpoints } from './comparison/endpoints.ts'
import { COMPARED_ACCOUNT, COMPARISON } from './comparison/schema.ts'
import { CORRECTION_APPROVAL } from './corrections/approval-schema.ts'
import { correctionEndpoints } from './corrections/kinds.ts'
import { disputeEndpoints } from './disputes/endpoints.ts'
import { documentEndpoint } from './documents/routes.ts'
import { dunningEndpoints } from './dunning/endpoints.ts'
import { DUNNING_STEP, PAYMENT_PROMISE } from './dunning/schema.ts'
import { NO_NETWORKS } from './events/callback-address.ts'
import { deliveryEndpoints } from './events/delivery-endpoints.ts'
import { eventEndpoints } from './events/endpoints.ts'
import { type HubSettings, hubResource } from './events/hub.ts'
import { rotateWebhookSecret } from './events/rotation.ts'
import { explanationEndpoints } from './explanation/endpoints.ts'
import { EXPLANATION, SUMMARY } from './explanation/schema.ts'
import { overdueEndpoints } from './overdue/endpoints.ts'
import { AGING_REPORT, OVERDUE_ACCOUNT } from './overdue/schema.ts'
import type { CustomerSettings } from './partner-api/customers.ts'
import { reviewEndpoints } from './review/endpoints.ts'
import { DISTRIBUTION, HELD_BILL } from './review/schema.ts'
import type { Served } from './tmf/declaration/define.ts'
import type { Endpoint } from './tmf/serving/endpoint.ts'
import { UPLOAD_RESULT, UPLOADS_PATH, uploadRows } from './upload/endpoint.ts'
import { UPLOAD_KINDS } from './upload/kinds.ts'
import { UPLOAD } from './upload/schema.ts'
import { receiveEndpoint, uploadEndpoints } from './upload/upload-endpoints.ts'

export const API_BASE = '/customerBillManagement/v4'
/** The standard's path, and the one with TM Forum's prefix. */
export const BASE_PATHS = [API_BASE, '/tmf-api/customerBillManagement/v4'] as const
export const BILLING_BASE = '/billing/v1'
export const ADMIN_BASE = '/admin/v1'
export const HEALTH_BASE = '/health'
/** Of the paths that systems of the field know, beside those of tokens. */
export const FIELD_BASE = ''

export const BILLING_TAGS = {
  billRun: 'Runs that bill all accounts of a cycle',
  payment: 'Money received for accounts',
  creditNote: 'Credit notes, which correct bills',
  cancelAndRebill: 'Bills that are cancelled, and their lines billed anew',
  writeOff: 'Bills that are written off',
  refund: 'Credit that is paid out',
  adjustment: 'Changes of balances',
  correctionApproval: 'Corrections that another user approves',
  dispute: 'What customers do not accept of bills',
  preview: 'Previews of bills',
  comparison: 'Bills of another system, compared with a run',
  books: 'The ledger for accountants',
  overdue: 'Open amounts by age, and who owes them',
  dunning: 'What follows when bills are not paid, and promises to pay',
  upload: 'Rows of other systems in bulk'
} as const

export const BILLING_SCHEMAS = {
  AgingReport: AGING_REPORT,
  BillRun: BILL_RUN,
  Comparison: COMPARISON,
  ComparedAccount: COMPARED_ACCOUNT,
  HeldBill: HELD_BILL,
  BillRunDistribution: DISTRIBUTION,
  OverdueAccount: OVERDUE_ACCOUNT,
  LedgerEntry: LEDGER_ENTRY,
  PeriodClose: PERIOD_CLOSE,
  TrialBalance: TRIAL_BALANCE,
  AccountBalances: ACCOUNT_BALANCES,
  CreditNote: CREDIT_NOTE,
  CancelAndRebill: CANCEL_AND_REBILL,
  WriteOff: WRITE_OFF,
  Refund: REFUND,
  Adjustment: ADJUSTMENT,
  CorrectionApproval: CORRECTION_APPROVAL,
  Dispute: DISPUTE,
  DunningStep: DUNNING_STEP,
  PaymentPromise: PAYMENT_PROMISE,
  Payment: PAYMENT,
  UnmatchedPayment: UNMATCHED,
  Preview: PREVIEW,
  Statement: STATEMENT,
  Upload: UPLOAD
} as const

/** The resources below each base path of the API, by path. */
export function apiResources(settings: HubSettings): ReadonlyMap<string, Served> {
  const hub = hubResource(settings)
  return new Map([...catalogue, [hub.path, hub]])
}

/** For descriptions: nothing is sealed. */
function noSecrets(): never {
  throw new Error('a description has no keys')
}
export const UNSET: HubSettings = { networks: NO_NETWORKS, retentionDays: 0, secrets: noSecrets }
const NO_LIMITS = { network: 0, address: 0, partner: 0 }
export const NO_CUSTOMERS: CustomerSettings = {
  secrets: noSecrets,
  root: () => '',
  limits: NO_LIMITS,
  captchaUrl: undefined
}

/** Operations beside the resources, below each base path of the API. */
export function apiEndpoints(settings: HubSettings): readonly Endpoint[] {
  return [
    documentEndpoint,
    ...explanationEndpoints(BILLING_BASE),
    statementEndpoint(BILLING_BASE),
    rotateWebhookSecret(settings),
    ...deliveryEndpoints,
    ...eventEndpoints(BILLING_BASE)
  ]
}

export const billingEndpoints: readonly Endpoint[] = [
  ...runEndpoints(API_BASE),
  ...reviewEndpoints(API_BASE),
  ...paymentEndpoints(API_BASE),
  ...unmatchedEndpoints(API_BASE),
  ...correctionEndpoints(API_BASE),
  ...disputeEndpoints(API_BASE),
  previewEndpoint(API_BASE),
  ...comparisonEndpoints,
  ...overdueEndpoints(API_BASE),
  ...dunningEndpoints(API_BASE),
  ...bookEndpoints,
  ...UPLOAD_KINDS.flatMap((kind) => uploadEndpoints(kind, API_BASE))
]

/** Below the base path of billing; their bodies are files. */
export const fileEndpoints: readonly Endpoint[] = UPLOAD_KINDS.map(receiveEndpoint)

/** Schemas of the operations beside the resources of the API. */
export const BILL_SCHEMAS = { CustomerBillExplanation: EXPLANATION, CustomerBillSummary: SUMMARY } as const

export const FIELD_SCHEMAS = { UploadResult: UPLOAD_RESULT } as const

export const fieldEndpoints: readonly Endpoint[] = [uploadRows(API_BASE)]

/** POST here takes no key: rows are done once by their own. */
export const KEYLESS_PATHS: readonly string[] = [BILLING_BASE, FIELD_BASE + UPLOADS_PATH]
