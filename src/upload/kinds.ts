import { present } from '../base/unknown.ts'
import { accountKind, customerKind } from './account-kinds.ts'
import { billKind } from './bill-kind.ts'
import type { UploadKind } from './kind.ts'
import { paymentKind } from './payment-kind.ts'

/** All kinds of uploads. */
export const UPLOAD_KINDS: readonly UploadKind[] = [billKind, accountKind, customerKind, paymentKind]

export function kindNamed(name: UploadKind['name']): UploadKind {
  return present(
    UPLOAD_KINDS.find((kind) => kind.name === name),
    `the kind ${name}`
  )
}
