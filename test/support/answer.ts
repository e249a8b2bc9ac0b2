interface Period {
  readonly startDateTime: string
  readonly endDateTime: string
}

/** The members of all bodies that tests read: a name that no body has does not compile. */
interface Members {
  readonly access_token: string
  readonly action: string
  readonly actorId: string
  readonly adjustments: Answer
  readonly after: Answer
  readonly alias: string
  readonly aliases: Answer
  readonly allocations: Answer
  readonly amount: Answer
  readonly amountDue: Answer
  readonly appliedAmount: Answer
  readonly appliedPayment: Answer
  readonly backlog: number
  readonly before: Answer
  readonly bill: Answer
  readonly billCount: number
  readonly BillCycleSpecification: Answer
  readonly billCycleSpecification: Answer
  readonly billDate: string
  readonly billDocument: Answer
  readonly billed: number
  readonly billingAccount: Answer
  readonly billingDate: string
  readonly billingPeriod: Period
  readonly billNo: string
  readonly billNumberPattern: string
  readonly branding: Answer
  readonly callback: string
  readonly callCharges: Answer
  readonly client: Answer
  readonly clientId: string
  readonly closingBalance: Answer
  readonly closing_balance: number
  readonly code: string
  readonly conflict: number
  readonly correctsRate: Answer
  readonly covered: boolean
  readonly created: number
  readonly createdAt: string
  readonly credit: Answer
  readonly creditNote: Answer
  readonly creditNoteNumberPattern: string
  readonly customer: Answer
  readonly customer_balance: number
  readonly customerBill: Answer
  readonly data: Answer
  readonly date: string
  readonly discarded: Answer
  readonly duplicate: number
  readonly eligible: number
  readonly err: string
  readonly error: string
  readonly error_description: string
  readonly errors: Answer
  readonly estimatedEnd: string
  readonly event: Answer
  readonly eventId: string
  readonly eventTime: string
  readonly eventType: string
  readonly exp: number
  readonly expiresAt: string
  readonly externalId: string
  readonly failure: string
  readonly fileName: string
  readonly finishedAt: string
  readonly from: string
  readonly hold: string
  readonly holdReason: string
  readonly faultCode: string
  readonly guesses: Answer
  readonly headers: Answer
  readonly href: string
  readonly id: string
  readonly internalId: string
  readonly invoiceCurrency: string
  readonly isBilled: boolean
  readonly key: string
  readonly kid: string
  readonly language: string
  readonly lastUpdate: string
  readonly line: number
  readonly lineCount: number
  readonly lines: readonly Answer[]
  readonly mailingDate: string
  readonly message: string
  readonly messageCode: string
  readonly movements: Answer
  readonly name: string
  readonly newBill: Answer
  readonly notStored: number
  readonly openingBalance: Answer
  readonly otherCharges: Answer
  readonly parked: Answer
  readonly parkedCount: number
  readonly partner: string
  readonly password: string
  readonly path: string
  readonly payment: Answer
  readonly paymentDueDate: string
  readonly payments: Answer
  readonly position: number
  readonly previousSecretUntil: string
  readonly rate: Answer
  readonly reason: string
  readonly reasons: Answer
  readonly reasonCode: string
  readonly rebilledAt: string
  readonly reviewCount: number
  readonly reference: string
  readonly refresh_token: string
  readonly refused: number
  readonly relatedBill: Answer
  readonly relatedParty: Answer
  readonly relationshipType: string
  readonly released: number
  readonly remainingAmount: Answer
  readonly requestId: string
  readonly resourceType: string
  readonly resourceVersion: number
  readonly results: Answer
  readonly reversedAt: string
  readonly route: string
  readonly scope: string
  readonly secret: string
  readonly settlements: Answer
  readonly shownAmount: Answer
  readonly skipped: readonly { readonly reason: string; readonly count: number }[]
  readonly source: Answer
  readonly state: string
  readonly stateReason: string
  readonly stateReasonCode: string
  readonly status: string
  readonly taxAmount: Answer
  readonly taxExcludedAmount: Answer
  readonly taxIncludedAmount: Answer
  readonly taxItem: Answer
  readonly tenant: string
  readonly total: Answer
  readonly totalCharges: Answer
  readonly totals: readonly Answer[]
  readonly type: string
  readonly unit: string
  readonly unknownAccountRates: number
  readonly url: string
  readonly user: Answer
  readonly username: string
  readonly validFor: Period
  readonly value: number
}

/** A parsed body: a resource, or a list of them. A missing member is undefined, and so is a missing element. */
export interface Answer extends Members, ReadonlyArray<Answer> {
  readonly 0: Answer
  readonly 1: Answer
  readonly 2: Answer
}

/** Parses the JSON of an answer. */
export function parsed(text: string): Answer {
  return JSON.parse(text)
}
