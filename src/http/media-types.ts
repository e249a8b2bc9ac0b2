export const JSON_TYPE = 'application/json;charset=utf-8'

/** As in the `Accept-Patch` header. `application/json` is read as a merge patch. */
export const PATCH_TYPES = ['application/merge-patch+json', 'application/json', 'application/json-patch+json'] as const
export type PatchType = (typeof PATCH_TYPES)[number]

export const FORM_TYPES = ['application/x-www-form-urlencoded', 'multipart/form-data'] as const
