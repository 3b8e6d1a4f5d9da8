// Assertions about types, for files that tsc checks and nobody runs.

/** Whether two types are the same, not only assignable to each other. */
export type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles when the type of `value` is exactly `Expected`: `exactly<string>()(value)`. */
export declare function exactly<Expected>(): <Actual>(
  value: Actual,
  ...proof: Same<Actual, Expected> extends true ? [] : [expected: Expected]
) => void

/** Compiles when the two types are the same: `same<A, B>()`. */
export declare function same<A, B>(...proof: Same<A, B> extends true ? [] : [never]): void

/** Compiles when every member that may be left out may be `undefined` as well. */
export declare function leavesOut<T>(
  ...proof: Same<Required<T>, Required<Undefinable<T>>> extends true ? [] : [never]
): void

type Undefinable<T> = { [K in keyof T]: {} extends Pick<T, K> ? T[K] | undefined : T[K] }

/** Names of members that are `any`, or functions that take or return it; `never` when there are none. */
export type AnyMembers<T> = {
  [K in keyof T]-?: IsAny<T[K]> extends true
    ? K
    : T[K] extends (...args: infer Args) => infer Result
      ? true extends IsAny<Result> | IsAny<Args[number]>
        ? K
        : never
      : never
}[keyof T]

type IsAny<T> = 0 extends 1 & T ? true : false
