/** The wire contract in types. docs/reference/wire.md is binding. */
export type * from './wire/content'
export type * from './wire/event'
export type * from './wire/staff'
export type * from './wire/visitor'
