import { ADDRESS, COUNT, INSTANT, listOf, objectOf, TEXT } from '../tmf/openapi/json-schema.ts'
import { schemaRef } from '../tmf/openapi/schemas.ts'
import { CONFLICTS, KINDS, PASTS, STORED_STATES } from './kind.ts'
import { UPLOAD_STATES } from './states.ts'

export const UPLOAD = objectOf(
  {
    id: { ...TEXT, description: 'Identifier, given by the server' },
    href: { ...ADDRESS, description: 'Where the upload is found' },
    kind: { ...TEXT, enum: [...KINDS], description: 'The kind of its rows' },
    state: { ...TEXT, enum: [...UPLOAD_STATES], description: 'State of the upload' },
    fileName: { ...TEXT, description: 'Name of the file, as the client gave it' },
    dryRun: { type: 'boolean', description: 'It stores nothing' },
    atomic: { type: 'boolean', description: 'It stores all rows or none' },
    billState: { ...TEXT, enum: [...STORED_STATES], description: 'The state of its bills' },
    onConflict: { ...TEXT, enum: [...CONFLICTS], description: 'The fate of rows with other content than before' },
    past: { ...TEXT, enum: [...PASTS], description: 'The fate of new rows of the past' },
    rows: { ...COUNT, description: 'Rows received' },
    created: { ...COUNT, description: 'Rows that were stored' },
    replaced: { ...COUNT, description: 'Rows that replaced what they made before' },
    duplicate: { ...COUNT, description: 'Rows that were stored before' },
    unmatched: { ...COUNT, description: 'Payments that were stored for a person to assign; of payments only' },
    conflict: { ...COUNT, description: 'Rows that were stored before with other content' },
    refused: { ...COUNT, description: 'Rows with a fault' },
    notStored: { ...COUNT, description: 'Good rows that others kept from being stored' },
    progress: { type: 'number', minimum: 0, maximum: 1, description: 'The part of the rows that is done' },
    rowsPerSecond: { ...COUNT, description: 'Rows done in a second' },
    createdAt: { ...INSTANT, description: 'When its first rows were received' },
    startedAt: { ...INSTANT, description: 'When all rows were received' },
    finishedAt: { ...INSTANT, description: 'When it ended' },
    failure: { ...TEXT, description: 'Why it failed' },
    failureCode: { ...TEXT, description: 'Names the reason, independent of its wording' },
    amount: listOf(schemaRef('Money'), 'Sums of the created rows, by currency')
  },
  [
    'fileName',
    'unmatched',
    'billState',
    'onConflict',
    'past',
    'rowsPerSecond',
    'startedAt',
    'finishedAt',
    'failure',
    'failureCode'
  ]
)
