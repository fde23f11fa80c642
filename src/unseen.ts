/** Characters that a reader does not see: two texts that differ in nothing else look the same. */
export const unseen = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u

/** The same, to take all of them away. */
export const allUnseen = new RegExp(unseen, 'gu')

/** Whether there is anything in a text that one sees. */
export function saysSomething(text: string): boolean {
  return /[^\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text)
}
