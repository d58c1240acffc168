type Leaf = Date | string | number | boolean | null;

type Missable<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];

type Whole<T> = { [K in Exclude<keyof T, Missable<T>>]: Carried<T[K]> } & { [K in Missable<T>]?: Carried<T[K]> };

/** T as JSON carries it: what may be undefined may be missing. */
export type Carried<T> = T extends void
  ? never
  : T extends Leaf
    ? T
    : T extends (infer Item)[]
      ? Carried<Item>[]
      : Whole<T>;

/** Holds true if something in T, however deep, would admit anything. */
export type IsLax<T> = 0 extends 1 & T
  ? true
  : T extends Leaf | undefined
    ? false
    : T extends (infer Item)[]
      ? IsLax<Item>
      : [keyof T] extends [never]
        ? true
        : { [K in keyof T]-?: IsLax<T[K]> }[keyof T];
