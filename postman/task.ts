/** A task: requests in their order. */
export interface Task {
  readonly name: string
  readonly description: string
  readonly requests: readonly TaskRequest[]
}

/** One request. The OpenAPI document has the rest. */
export interface TaskRequest {
  readonly name: string
  /** The operation's id. */
  readonly operation: string
  /** The status on the demo data. */
  readonly status: number
  /** Values of the parameters of the path, in their order. */
  readonly path?: readonly string[]
  /** The query, encoded; see `query` of the conformance collection. */
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The media type of the body; by default the document's first. */
  readonly type?: string
  /** The body; by default the document's example. Null: none. */
  readonly body?: unknown
  /** Is sent without the token. */
  readonly isOpen?: boolean
  /** Saves variables from the response, each with the path to its value, such as `.id`. */
  readonly save?: Readonly<Record<string, string>>
  readonly before?: readonly string[]
  readonly after?: readonly string[]
}
