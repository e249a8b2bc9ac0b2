/** The fates of an uploaded bill to an unknown account, between which a tenant chooses. */
export const UNKNOWN_ACCOUNTS = ['accept', 'refuse', 'create'] as const
